package main

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"latchkey/verify"
)

const (
	maxBody     = 64 << 10 // bytes
	maxTitle    = 200      // characters
	maxContent  = 10000
	postsOfPage = 100
)

// posts answers the routes. Who asks is always the sub of the token, never a field of the body.
type posts struct{ store *store }

// writing is the body of a new or changed post. An owner in it is ignored, as every unknown member is.
type writing struct {
	Title   string `json:"title"`
	Content string `json:"content"`
}

// postView is a post as clients see it.
type postView struct {
	ID        string    `json:"id"`
	OwnerID   string    `json:"owner_id"`
	Title     string    `json:"title"`
	Content   string    `json:"content"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

func view(p post) postView {
	p.CreatedAt, p.UpdatedAt = p.CreatedAt.UTC(), p.UpdatedAt.UTC()
	return postView(p)
}

// caller is the id of the signed-in user; the middleware has seen to it that there is one.
func caller(c *gin.Context) string {
	claims, _ := verify.FromContext(c.Request.Context())
	return claims.Subject
}

func ok(c *gin.Context, status int, data gin.H) {
	c.JSON(status, gin.H{"status": "success", "data": data})
}

func (p posts) list(c *gin.Context) {
	before := c.Query("before")
	if before != "" && !isID(before) {
		fail(c, errPage)
		return
	}
	rows, err := p.store.list(c.Request.Context(), before, postsOfPage)
	if err != nil {
		fail(c, err)
		return
	}
	views := make([]postView, 0, len(rows))
	for _, row := range rows {
		views = append(views, view(row))
	}
	ok(c, http.StatusOK, gin.H{"posts": views})
}

func (p posts) create(c *gin.Context) {
	in, err := read(c.Request)
	if err != nil {
		fail(c, err)
		return
	}
	now := time.Now().UTC()
	row := post{uuid.Must(uuid.NewV7()).String(), caller(c), in.Title, in.Content, now, now}
	if err := p.store.add(c.Request.Context(), row); err != nil {
		fail(c, err)
		return
	}
	c.Header("Location", "/posts/"+row.ID)
	ok(c, http.StatusCreated, gin.H{"post": view(row)})
}

func (p posts) read(c *gin.Context) {
	p.show(c, c.Param("id"))
}

func (p posts) show(c *gin.Context, id string) {
	row, err := p.store.byID(c.Request.Context(), id)
	if err != nil {
		fail(c, err)
		return
	}
	ok(c, http.StatusOK, gin.H{"post": view(row)})
}

func (p posts) update(c *gin.Context) {
	in, err := read(c.Request)
	if err == nil {
		err = p.store.change(c.Request.Context(), post{
			ID: c.Param("id"), OwnerID: caller(c), Title: in.Title, Content: in.Content, UpdatedAt: time.Now().UTC(),
		})
	}
	if err != nil {
		fail(c, err)
		return
	}
	p.show(c, c.Param("id"))
}

func (p posts) remove(c *gin.Context) {
	if err := p.store.remove(c.Request.Context(), c.Param("id"), caller(c)); err != nil {
		fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

// read reads one JSON object: names are exact and unique, and nothing follows it.
func read(r *http.Request) (writing, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" || r.Header.Get("Content-Encoding") != "" {
		return writing{}, errMedia
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err == nil && len(body) > maxBody {
		return writing{}, errTooLarge
	}
	var in writing
	if err == nil {
		err = json.Unmarshal(body, &in)
	}
	if err != nil {
		return writing{}, errors.Join(errMalformed, err)
	}
	in.Title, in.Content = strings.TrimSpace(in.Title), strings.TrimSpace(in.Content)
	if !within(in.Title, maxTitle) || !within(in.Content, maxContent) {
		return writing{}, errInvalid
	}
	return in, nil
}

func within(text string, most int) bool {
	return text != "" && utf8.RuneCountInString(text) <= most
}

func isID(text string) bool {
	id, err := uuid.Parse(text)
	return err == nil && id.String() == text
}
