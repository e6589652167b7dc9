package apitest

import (
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"latchkey/internal/openapi"
)

// Described returns the OpenAPI document, closed: an answer may have no member that is not described, although
// clients must be ready for more. It is made once: do not change it.
var Described = sync.OnceValue(func() *openapi3.T {
	document, err := openapi3.NewLoader().LoadFromData(openapi.Document())
	if err != nil {
		panic(err)
	}
	for _, item := range document.Paths.Map() {
		for _, operation := range item.Operations() {
			for _, response := range operation.Responses.Map() {
				closeResponse(response.Value)
			}
		}
	}
	for _, media := range []string{"text/html", "text/javascript", "text/css", "image/svg+xml"} {
		openapi3filter.RegisterBodyDecoder(media, openapi3filter.PlainBodyDecoder)
	}
	return document
})

func closeResponse(response *openapi3.Response) {
	for _, media := range response.Content {
		closeSchema(media.Schema.Value)
	}
}

// closeSchema refuses members that are not described. The parts of an allOf stay open, since each knows its own only.
func closeSchema(schema *openapi3.Schema) {
	closed := openapi3.BoolSchema{Has: new(false)}
	switch {
	case len(schema.AllOf) > 0:
		schema.UnevaluatedProperties = closed
	case len(schema.Properties) > 0:
		schema.AdditionalProperties = closed
	}
	closeMembers(schema)
	for _, part := range schema.AllOf {
		closeMembers(part.Value)
	}
}

func closeMembers(schema *openapi3.Schema) {
	for _, member := range schema.Properties {
		closeSchema(member.Value)
	}
	for _, choice := range schema.OneOf {
		closeSchema(choice.Value)
	}
	if schema.Items != nil {
		closeSchema(schema.Items.Value)
	}
}

// elsewhere holds the answers that any address can give, whether it is known or not.
var elsewhere = sync.OnceValue(func() *openapi3.Operation {
	responses := openapi3.NewResponsesWithCapacity(0)
	for status, name := range map[string]string{
		"400": "UnreadableBody", "403": "CrossOrigin", "404": "NotFound", "405": "MethodNotAllowed", "413": "BodyTooLarge",
		"415": "UnsupportedMediaType", "421": "Misdirected", "500": "InternalError",
	} {
		responses.Set(status, Described().Components.Responses[name])
	}
	return &openapi3.Operation{Responses: responses}
})
