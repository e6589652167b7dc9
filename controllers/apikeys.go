package controllers

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"latchkey/internal/apikey"
	"latchkey/internal/request"
	"latchkey/models"
)

// APIKeys answers the routes on which users make, see and revoke the keys of their programs.
type APIKeys struct {
	Keys *apikey.Service
}

// texts is a list of strings in a request.
type texts []string

// UnmarshalJSON takes a list of strings and nothing else.
func (t *texts) UnmarshalJSON(value []byte) error { return json.Unmarshal(value, (*[]string)(t)) }

// APIKeyRequest is the body that asks for a key.
type APIKeyRequest struct {
	Name      string `json:"name"`
	Scopes    texts  `json:"scopes"`
	ExpiresAt string `json:"expires_at"`
}

// APIKeyResponse is what is shown of a key at any time.
type APIKeyResponse struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Prefix     string     `json:"prefix"` // how the key begins
	Scopes     []string   `json:"scopes"`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  time.Time  `json:"expires_at"`
	LastUsedAt *time.Time `json:"last_used_at"` // null until it is used
}

// newKeyData shows the key itself, which no other answer does.
type newKeyData struct {
	APIKey APIKeyResponse `json:"api_key"`
	Key    string         `json:"key"`
}

type apiKeysData struct {
	APIKeys []APIKeyResponse `json:"api_keys"`
}

// Create makes a key.
func (k *APIKeys) Create(c *gin.Context) {
	var in APIKeyRequest
	if err := decode(c, &in); err != nil {
		report(c, err)
		return
	}
	wanted := apikey.Wanted{Name: in.Name, Scopes: in.Scopes, ExpiresAt: in.ExpiresAt}
	key, row, err := k.Keys.Create(c.Request.Context(), request.Caller(c).User.ID, wanted, request.Origin(c))
	if err != nil {
		report(c, err)
		return
	}
	ok(c, http.StatusCreated, success{
		Message: "Keep the key now: it is not shown again.", Data: newKeyData{apiKeyResponse(row), key.Reveal()},
	})
}

// List returns the caller's keys, newest first.
func (k *APIKeys) List(c *gin.Context) {
	rows, err := k.Keys.List(c.Request.Context(), request.Caller(c).User.ID)
	if err != nil {
		report(c, err)
		return
	}
	out := make([]APIKeyResponse, 0, len(rows))
	for _, row := range rows {
		out = append(out, apiKeyResponse(row))
	}
	ok(c, http.StatusOK, success{Data: apiKeysData{out}})
}

// Revoke takes one of the caller's keys away.
func (k *APIKeys) Revoke(c *gin.Context) {
	id, found := idOf(c)
	if !found {
		report(c, apikey.ErrNotFound)
		return
	}
	if err := k.Keys.Revoke(c.Request.Context(), request.Caller(c).User.ID, id, request.Origin(c)); err != nil {
		report(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

func apiKeyResponse(row models.APIKey) APIKeyResponse {
	r := APIKeyResponse{
		ID: row.ID.String(), Name: row.Name, Prefix: apikey.Prefix + row.Lookup, Scopes: strings.Fields(row.Scopes),
		CreatedAt: row.CreatedAt.UTC(), ExpiresAt: row.ExpiresAt.UTC(),
	}
	if row.LastUsedAt != nil {
		used := row.LastUsedAt.UTC()
		r.LastUsedAt = &used
	}
	return r
}
