package controllers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"latchkey/internal/account"
	"latchkey/internal/request"
	"latchkey/models"
)

// Users answers the routes of the signed-in user.
type Users struct {
	Accounts *account.Service
}

// Me returns the caller.
func (u *Users) Me(c *gin.Context) {
	ok(c, http.StatusOK, success{Data: userDataOf(request.Caller(c).User)})
}

// ProfileRequest is the body of a profile change; a missing field stays as it is.
type ProfileRequest struct {
	Name     *string `json:"name"`
	Photo    *string `json:"photo"`
	Username *string `json:"username"`
}

// UpdateMe changes the caller's profile.
func (u *Users) UpdateMe(c *gin.Context) {
	var in ProfileRequest
	if err := decode(c, &in); err != nil {
		report(c, err)
		return
	}
	user, err := u.Accounts.UpdateProfile(c.Request.Context(), request.Caller(c).User, models.ProfileChange(in), request.Origin(c))
	if err != nil {
		report(c, err)
		return
	}
	ok(c, http.StatusOK, success{Data: userDataOf(user)})
}
