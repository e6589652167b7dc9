// Package openapi owns the description of the HTTP API, as an OpenAPI 3.1 document, and the page that shows it.
// It must not know what answers at the addresses that it describes.
package openapi

import _ "embed"

// The document is written in openapi.yaml and kept as JSON too, so that the service needs no YAML to serve it.
//
//go:generate go test -run ^TestDocumentIsCurrent$ -update .

//go:embed openapi.json
var document []byte

// Document returns the OpenAPI document as JSON. Do not change it.
func Document() []byte { return document }
