package controllers

import (
	"cmp"
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"

	"latchkey/internal/account"
	"latchkey/internal/apikey"
	"latchkey/internal/request"
	"latchkey/models"
)

// Users answers the routes of the signed-in user, and what the user may see of others.
type Users struct {
	Accounts *account.Service
}

// Me returns the caller.
func (u *Users) Me(c *gin.Context) {
	ok(c, http.StatusOK, success{Data: userDataOf(request.Caller(c).User)})
}

// ProfileRequest is the body of a profile change; a missing field stays as it is.
type ProfileRequest struct {
	Name     *string       `json:"name"`
	Photo    *string       `json:"photo"`
	Username *string       `json:"username"`
	Metadata account.Patch `json:"metadata"`
}

type metadataData struct {
	Metadata json.RawMessage `json:"metadata"`
}

// changedData has the metadata only if it was to be changed.
type changedData struct {
	userData
	Metadata json.RawMessage `json:"metadata,omitempty"`
}

// UpdateMe changes the caller's profile.
func (u *Users) UpdateMe(c *gin.Context) {
	var in ProfileRequest
	if err := decode(c, &in); err != nil {
		report(c, err)
		return
	}
	if _, byKey := request.CallerKey(c); byKey && in.Username != nil {
		report(c, &apikey.ScopeError{}) // a name to sign in by is the person's to change
		return
	}
	change := models.ProfileChange{Name: in.Name, Photo: in.Photo, Username: in.Username}
	user, metadata, err := u.Accounts.UpdateProfile(c.Request.Context(), request.Caller(c).User, change, in.Metadata, request.Origin(c))
	if err != nil {
		report(c, err)
		return
	}
	ok(c, http.StatusOK, success{Data: changedData{userDataOf(user), json.RawMessage(metadata)}})
}

// Metadata returns what the caller keeps beside the profile.
func (u *Users) Metadata(c *gin.Context) {
	metadata, err := u.Accounts.Metadata(c.Request.Context(), request.Caller(c).User.ID)
	if err != nil {
		report(c, err)
		return
	}
	ok(c, http.StatusOK, success{Data: metadataData{json.RawMessage(cmp.Or(metadata, "{}"))}})
}

// ProfileResponse is data.user for others than its owner: nothing that would help to sign in, or to write mail.
type ProfileResponse struct {
	ID       string  `json:"id"`
	Name     string  `json:"name"`
	Username *string `json:"username"`
	Photo    string  `json:"photo"`
}

type profileData struct {
	User ProfileResponse `json:"user"`
}

// Profile returns what signed-in users see of a user.
func (u *Users) Profile(c *gin.Context) {
	id, found := idOf(c)
	if !found {
		report(c, account.ErrUserNotFound)
		return
	}
	user, err := u.Accounts.Profile(c.Request.Context(), id)
	if err != nil {
		report(c, err)
		return
	}
	ok(c, http.StatusOK, success{Data: profileData{ProfileResponse{
		ID: user.ID.String(), Name: user.Name, Username: user.Username, Photo: user.Photo,
	}}})
}
