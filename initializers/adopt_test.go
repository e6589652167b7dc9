package initializers_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/crypto/bcrypt"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"latchkey/initializers"
	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
	"latchkey/models"
)

// strictUser is the table of the tutorial's first editions.
type strictUser struct {
	ID        uuid.UUID `gorm:"type:uuid;default:uuid_generate_v4();primary_key"`
	Name      string    `gorm:"type:varchar(255);not null"`
	Email     string    `gorm:"uniqueIndex;not null"`
	Password  string    `gorm:"not null"`
	Role      string    `gorm:"type:varchar(255);not null"`
	Provider  string    `gorm:"not null"`
	Photo     string    `gorm:"not null"`
	Verified  bool      `gorm:"not null"`
	CreatedAt time.Time `gorm:"not null"`
	UpdatedAt time.Time `gorm:"not null"`
}

func (strictUser) TableName() string { return "users" }

// narrowUser is the table of a later one: short columns, defaults, and NULL in some of them.
type narrowUser struct {
	ID                 *uuid.UUID `gorm:"type:uuid;default:uuid_generate_v4();primary_key"`
	Name               string     `gorm:"type:varchar(100);not null"`
	Email              string     `gorm:"type:varchar(100);uniqueIndex;not null"`
	Password           string     `gorm:"type:varchar(100);not null"`
	Role               *string    `gorm:"type:varchar(50);default:'user'"`
	Provider           *string    `gorm:"type:varchar(50)"`
	Photo              *string
	Verified           *bool
	VerificationCode   string
	PasswordResetToken string
	PasswordResetAt    time.Time
	CreatedAt          *time.Time `gorm:"autoCreateTime:false"`
	UpdatedAt          *time.Time `gorm:"autoUpdateTime:false"`
}

func (narrowUser) TableName() string { return "users" }

// tutorialDatabase is a PostgreSQL database whose table was made as the tutorial makes it, with no migration of ours.
func tutorialDatabase(t *testing.T, model any) (string, *gorm.DB) {
	t.Helper()
	url := testdb.Postgres(t)
	db, err := gorm.Open(postgres.Open(url), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if pool, err := db.DB(); err == nil {
			_ = pool.Close()
		}
	})
	if err := db.Exec(`CREATE EXTENSION IF NOT EXISTS "uuid-ossp"`).Error; err != nil {
		t.Fatal(err)
	}
	if err := db.AutoMigrate(model); err != nil {
		t.Fatal(err)
	}
	return url, db
}

func oldHash(t *testing.T) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(apitest.Password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(hash)
}

func insert(t *testing.T, db *gorm.DB, row any) {
	t.Helper()
	if err := db.Create(row).Error; err != nil {
		t.Fatal(err)
	}
}

// People of the tutorial's table sign in after the migration, with their ids, and their hashes are brought up to date.
func TestTutorialTableIsAdopted(t *testing.T) {
	id := uuid.New()
	for _, tc := range []struct {
		name       string
		model, row any
	}{
		{"first edition", &strictUser{}, &strictUser{
			ID: id, Name: "Ada", Email: " Ada.Lovelace@Example.com", Password: oldHash(t), Role: "user", Provider: "local", Photo: "default.png",
		}},
		{"with short columns and NULL", &narrowUser{}, &narrowUser{ID: &id, Name: "Ada", Email: "ADA.lovelace@example.com", Password: oldHash(t)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			url, db := tutorialDatabase(t, tc.model)
			insert(t, db, tc.row)
			if _, err := migrate(t, url); err != nil {
				t.Fatal(err)
			}
			s := apitest.Start(t, url, nil)
			b := s.Browser(t)
			b.Must(http.StatusOK, b.Send("POST", "/api/auth/login", apitest.Credentials("ada.Lovelace@example.com")))
			me := b.Must(http.StatusOK, b.Do("GET", "/api/users/me", nil))
			if me.JSON("data.user.id") != id.String() || me.JSON("data.user.email") != "ada.lovelace@example.com" ||
				me.JSON("data.user.role") != "user" || me.JSON("data.user.provider") != "local" {
				t.Errorf("me: %s", me.Body)
			}
			var user models.User
			if err := db.Take(&user, "id = ?", id).Error; err != nil || !strings.HasPrefix(string(user.PasswordHash), "$argon2id$") {
				t.Errorf("the hash was not brought up to date (error %v)", err)
			}
			long := strings.Repeat("a", 60) + "@" + strings.Repeat("b", 60) + ".example"
			b.Must(http.StatusConflict, b.Do("POST", "/api/auth/register", apitest.Registration("Ada.Lovelace@EXAMPLE.com")))
			b.Must(http.StatusCreated, b.Do("POST", "/api/auth/register", apitest.Registration(long)))
		})
	}
}

// Two rows that differ in case only stop the migration with one line; the table stays as it was, and serves again after
// its owner has put it right.
func TestTutorialTableWithTwins(t *testing.T) {
	url, db := tutorialDatabase(t, &strictUser{})
	first := strictUser{ID: uuid.New(), Email: "Ada@example.com", Password: "x", Role: "user", CreatedAt: time.Unix(1, 0)}
	second := strictUser{ID: uuid.New(), Email: "ada@example.com", Password: "y", Role: "moderator", CreatedAt: time.Unix(2, 0)}
	insert(t, db, &first)
	insert(t, db, &second)

	_, err := migrate(t, url)
	want := "table users: rows have the same e-mail but for case or spaces: " + first.ID.String() + " = " + second.ID.String()
	if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Fatalf("error %v, want %s …", err, want)
	}
	var rows []strictUser
	if err := db.Order("created_at").Find(&rows).Error; err != nil || len(rows) != 2 ||
		rows[0].Email != "Ada@example.com" || rows[1].Role != "moderator" {
		t.Errorf("the table changed: %+v, error %v", rows, err)
	}
	columns, err := db.Migrator().ColumnTypes("users")
	if err != nil || slices.ContainsFunc(columns, func(c gorm.ColumnType) bool { return c.Name() == "username" }) {
		t.Errorf("columns were added (error %v)", err)
	}
	third := strictUser{ID: uuid.New(), Email: "Bob@example.com", Password: "z", Role: "user"}
	insert(t, db, &third)

	if err := db.Exec("DELETE FROM users WHERE id = ?", second.ID).Error; err != nil {
		t.Fatal(err)
	}
	if n, err := migrate(t, url); err != nil || n == 0 {
		t.Errorf("after the repair: %d migrations, error %v", n, err)
	}
}

// On SQLite a foreign table is told and left alone; the positive twin is every test on an empty file.
func TestForeignTableOnSQLite(t *testing.T) {
	url := testdb.SQLite(t)
	db, err := initializers.OpenDatabase(t.Context(), apitest.Config(t, url, nil).Database)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Exec("CREATE TABLE users (id text, email text)").Error; err != nil {
		t.Fatal(err)
	}
	if _, err := migrate(t, url); err == nil || !strings.HasPrefix(err.Error(), "DATABASE_URL: the SQLite file has a table users") {
		t.Errorf("error %v", err)
	}
	if err := db.Exec("INSERT INTO users VALUES ('1', 'a')").Error; err != nil {
		t.Errorf("the table changed: %v", err)
	}
}

// migrate applies what is pending, as `migrate up` does.
func migrate(t *testing.T, url string) (int, error) {
	t.Helper()
	db, err := initializers.OpenDatabase(t.Context(), apitest.Config(t, url, nil).Database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if pool, err := db.DB(); err == nil {
			_ = pool.Close()
		}
	})
	m, err := initializers.NewMigrator(db)
	if err != nil {
		t.Fatal(err)
	}
	return m.Up(t.Context())
}
