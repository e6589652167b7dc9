package telemetry

import (
	"errors"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"gorm.io/gorm"
)

// spanKey is where a statement keeps its span.
const spanKey = "latchkey:span"

// WatchDatabase gives each statement within a request a span. It has the kind of statement and its table, but neither the
// statement's text nor its values, nor the text of an error, which may quote them.
func (t *Tracer) WatchDatabase(db *gorm.DB) error {
	of := db.Callback()
	type processor interface {
		Register(name string, fn func(*gorm.DB)) error
	}
	var faults []error
	for _, c := range []struct {
		operation     string // empty: the first word of the statement
		before, after processor
	}{
		{"INSERT", of.Create().Before("*"), of.Create().After("*")},
		{"SELECT", of.Query().Before("*"), of.Query().After("*")},
		{"UPDATE", of.Update().Before("*"), of.Update().After("*")},
		{"DELETE", of.Delete().Before("*"), of.Delete().After("*")},
		{"", of.Row().Before("*"), of.Row().After("*")},
		{"", of.Raw().Before("*"), of.Raw().After("*")},
	} {
		faults = append(faults,
			c.before.Register("latchkey:begin", func(db *gorm.DB) { t.begin(db, c.operation) }),
			c.after.Register("latchkey:end", end))
	}
	return errors.Join(faults...)
}

func (t *Tracer) begin(db *gorm.DB, operation string) {
	if !trace.SpanFromContext(db.Statement.Context).IsRecording() {
		return
	}
	if written := db.Statement.SQL.String(); written != "" {
		operation = firstWord(written)
	}
	name, about := operation, []attribute.KeyValue{
		attribute.String("db.system.name", system(db.Name())), attribute.String("db.operation.name", operation),
	}
	if table := db.Statement.Table; table != "" {
		name += " " + table
		about = append(about, attribute.String("db.collection.name", table))
	}
	_, span := t.spans.Start(db.Statement.Context, name, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(about...))
	db.InstanceSet(spanKey, span)
}

func end(db *gorm.DB) {
	kept, _ := db.InstanceGet(spanKey)
	span, ok := kept.(trace.Span)
	if !ok {
		return
	}
	if err := db.Error; err != nil && !errors.Is(err, gorm.ErrRecordNotFound) && !errors.Is(err, gorm.ErrDuplicatedKey) {
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// system is how OpenTelemetry calls a database.
func system(dialect string) string {
	if dialect == "postgres" {
		return "postgresql"
	}
	return dialect
}

// operations are the words that a statement may begin with; others are not told.
//
//nolint:gochecknoglobals // a constant table
var operations = map[string]bool{"SELECT": true, "INSERT": true, "UPDATE": true, "DELETE": true, "WITH": true}

func firstWord(sql string) string {
	word, _, _ := strings.Cut(strings.TrimLeft(sql, " \t\r\n"), " ")
	if word = strings.ToUpper(word); operations[word] {
		return word
	}
	return "statement"
}
