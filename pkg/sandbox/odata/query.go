// Package odata reads the OData query options that Graph's mailbox resources
// take, and nothing more.
//
// It promises that an option it does not know, that is misspelt, given twice or
// malformed is an error, never ignored: Graph answers 400 to those, and a client
// that is kindly understood here would fail there. It knows no HTTP; an [Error]
// carries the Graph error code.
package odata

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The error codes of bad queries.
const (
	BadRequest    = "BadRequest"
	InvalidFilter = "ErrorInvalidUrlQueryFilter"
)

// Error is a query that Graph refuses with 400.
type Error struct{ Code, Message string }

func (e *Error) Error() string { return e.Message }

func bad(format string, args ...any) error {
	return &Error{BadRequest, fmt.Sprintf(format, args...)}
}

// MaxTop is the largest page that can be asked for.
const MaxTop = 1000

// Query is the query string of one request.
type Query struct {
	Select []string
	Expand []Expansion
	// Top and Skip are -1 where the request does not say.
	Top, Skip int
	// Filter is the text of $filter; [ParseFilter] reads it.
	Filter  string
	OrderBy string
	Count   bool
	Search  bool
	// Param has the options without $: startDateTime, endDateTime.
	Param map[string]string
	// Names are the options given, as in "$top".
	Names []string
}

// Expansion is one name of $expand with its options.
type Expansion struct {
	Name   string
	Filter string
	Select []string
}

// Parse reads a raw query string.
func Parse(raw string) (Query, error) {
	q := Query{Top: -1, Skip: -1, Param: map[string]string{}}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return q, bad("The query string is malformed.")
		}
		if value, err = url.QueryUnescape(value); err != nil {
			return q, bad("The value of the query option '%s' is malformed.", name)
		}
		if slices.Contains(q.Names, name) {
			return q, bad("Query option '%s' was specified more than once, but it must be specified at most once.", name)
		}
		q.Names = append(q.Names, name)
		if err := q.set(name, value); err != nil {
			return q, err
		}
	}
	return q, nil
}

func (q *Query) set(name, value string) (err error) {
	switch name {
	case "$select":
		q.Select, err = names(name, value)
	case "$expand":
		q.Expand, err = expansions(value)
	case "$top":
		if q.Top, err = number(name, value); err == nil && (q.Top == 0 || q.Top > MaxTop) {
			err = bad("The value of '$top' must be from 1 to %d.", MaxTop)
		}
	case "$skip":
		q.Skip, err = number(name, value)
	case "$filter":
		q.Filter = value
		if strings.TrimSpace(value) == "" {
			err = &Error{InvalidFilter, "The query filter contains one or more invalid nodes."}
		}
	case "$orderby":
		q.OrderBy = value
	case "$count":
		if q.Count = value == "true"; value != "true" && value != "false" {
			err = bad("Invalid value '%s' for $count query option found. Valid values are 'true', 'false'.", value)
		}
	case "$search":
		q.Search = true
	case "startDateTime", "endDateTime", "$deltatoken", "$skiptoken":
		q.Param[name] = value
	default:
		err = bad("The query parameter '%s' is not supported.", name)
	}
	return err
}

func number(name, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return -1, bad("Invalid value '%s' for %s query option found. The %s query option requires a non-negative integer value.", value, name, name)
	}
	return n, nil
}

func names(option, value string) ([]string, error) {
	var out []string
	for name := range strings.SplitSeq(value, ",") {
		name = strings.TrimSpace(name)
		if name == "" || strings.ContainsAny(name, " ()'") {
			return nil, bad("Parsing OData Select and Expand failed: Term '%s' is not valid in a %s expression.", name, option)
		}
		out = append(out, name)
	}
	return out, nil
}

func expansions(value string) ([]Expansion, error) {
	var out []Expansion
	for _, term := range splitOutside(value, ',') {
		name, options, has := strings.Cut(strings.TrimSpace(term), "(")
		e := Expansion{Name: strings.TrimSpace(name)}
		if e.Name == "" || has && !strings.HasSuffix(options, ")") {
			return nil, bad("Parsing OData Select and Expand failed: Term '%s' is not valid in a $expand expression.", term)
		}
		if has {
			if err := e.options(strings.TrimSuffix(options, ")")); err != nil {
				return nil, err
			}
		}
		out = append(out, e)
	}
	return out, nil
}

func (e *Expansion) options(text string) (err error) {
	for _, option := range splitOutside(text, ';') {
		name, value, _ := strings.Cut(strings.TrimSpace(option), "=")
		switch name {
		case "$filter":
			e.Filter = value
		case "$select":
			if e.Select, err = names(name, value); err != nil {
				return err
			}
		default:
			return bad("Parsing OData Select and Expand failed: the option '%s' of '%s' is not supported.", name, e.Name)
		}
	}
	return nil
}

// splitOutside splits at a byte that is in neither parentheses nor quotes.
func splitOutside(text string, at byte) []string {
	var out []string
	depth, quoted, from := 0, false, 0
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == at && depth == 0:
			out = append(out, text[from:i])
			from = i + 1
		}
	}
	return append(out, text[from:])
}

// Expands tells whether $expand names the member, and how.
func (q Query) Expands(name string) (Expansion, bool) {
	at := slices.IndexFunc(q.Expand, func(e Expansion) bool { return strings.EqualFold(e.Name, name) })
	if at < 0 {
		return Expansion{}, false
	}
	return q.Expand[at], true
}

// Selects tells whether $select names the member.
func (q Query) Selects(name string) bool {
	return slices.ContainsFunc(q.Select, func(s string) bool { return strings.EqualFold(s, name) })
}
