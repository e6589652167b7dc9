// Package request owns what one HTTP request carries between middleware and controllers: its id, where it comes from,
// the presented access token, the signed-in caller, and the errors of HTTP itself.
// It must not know which answer an error has, nor how anybody is authenticated.
package request
