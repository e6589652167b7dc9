package controllers

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"latchkey/internal/request"
	"latchkey/internal/strictjson"
	"latchkey/models"
)

// success is the JSend envelope of every 2xx; see docs/http.md.
type success struct {
	Status      string `json:"status"`
	Message     string `json:"message,omitempty"`
	AccessToken string `json:"access_token,omitempty"`
	Data        any    `json:"data,omitempty"`
}

// ok sends a success with the given data.
func ok(c *gin.Context, status int, s success) {
	s.Status = "success"
	c.JSON(status, s)
}

// report hands an error to the middleware that knows its answer.
func report(c *gin.Context, err error) {
	_ = c.Error(err)
}

// decode reads the body, one JSON object, into the request type that into points to.
func decode(c *gin.Context, into any) error {
	body, err := io.ReadAll(c.Request.Body)
	if err != nil {
		return request.ErrMalformedJSON
	}
	err = strictjson.Object(body, into)
	if types := strictjson.TypeErrors(nil); errors.As(err, &types) {
		return wrongTypes(types)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", request.ErrMalformedJSON, err)
	}
	return nil
}

// idOf returns the id in the address, or false when there cannot be such a row.
func idOf(c *gin.Context) (uuid.UUID, bool) {
	id, err := uuid.Parse(c.Param("id"))
	// uuid.Parse knows other spellings; a row has one address only.
	return id, err == nil && id != uuid.Nil && id.String() == c.Param("id")
}

// wrongTypes says of each member what it should have been.
func wrongTypes(types strictjson.TypeErrors) error {
	fields := make([]models.FieldError, 0, len(types))
	for _, t := range types {
		fields = append(fields, models.FieldError{Field: t.Field, Code: "wrong_type", Message: "This field must be a " + t.Want + "."})
	}
	return &models.ValidationError{Fields: fields}
}

// UserResponse is data.user: exactly the fields of docs/http.md, never the hash.
type UserResponse struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Email     string    `json:"email"`
	Username  *string   `json:"username"`
	Role      string    `json:"role"`
	Photo     string    `json:"photo"`
	Provider  string    `json:"provider"`
	Verified  bool      `json:"verified"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

type userData struct {
	User UserResponse `json:"user"`
}

func userDataOf(u models.User) userData {
	return userData{UserResponse{
		ID: u.ID.String(), Name: u.Name, Email: u.Email, Username: u.Username, Role: string(u.Role), Photo: u.Photo,
		Provider: u.Provider, Verified: u.Verified, CreatedAt: u.CreatedAt.UTC(), UpdatedAt: u.UpdatedAt.UTC(),
	}}
}
