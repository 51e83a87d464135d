// Package wire is how Graph speaks HTTP, whatever the resource: paths, Prefer,
// query options, pages with their nextLinks, entities, and errors in the
// dialects of Exchange and of To Do.
//
// It promises Graph's status codes and error codes for what is refused before
// or by any resource. It knows no tenant and no limits but their errors.
package wire

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/odata"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
)

// Request is one request, alone or in a batch.
type Request struct {
	// App is the application id of the token, Roles what it grants.
	App    string
	Roles  []string
	Method string
	// Target is the escaped path, Path its segments below the version.
	Target string
	Path   []string
	// Root is the service's address with the version, as the client knows it.
	Root     string
	Header   http.Header
	RawQuery string
	Query    odata.Query
	Prefer   Prefer
	Body     []byte
	// RequestID and ClientID are what errors name the request by.
	RequestID, ClientID string
	// Todo is set where To Do's dialect is spoken.
	Todo bool
	Now  func() time.Time
}

// Version is the one version of Graph that is served.
const Version = "v1.0"

var callForm = regexp.MustCompile(`^([A-Za-z.]+)\((?:'(.*)')?\)$`)

// Segments takes a path below /v1.0 apart: percent-decoded, users('x') as two
// segments, delta() as one.
func Segments(path string) ([]string, error) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if !strings.EqualFold(parts[0], Version) {
		return nil, &Fail{Status: 400, Code: "BadRequest", Message: "Invalid version: " + parts[0]}
	}
	var out []string
	for _, part := range parts[1:] {
		decoded, err := url.PathUnescape(part)
		if err != nil || decoded == "" {
			return nil, NoSegment(part)
		}
		out = append(out, calls(decoded)...)
	}
	return out, nil
}

// calls takes a segment that is a call into its name and argument.
func calls(segment string) []string {
	if !strings.HasSuffix(segment, ")") {
		return []string{segment}
	}
	switch call := callForm.FindStringSubmatch(segment); {
	case call == nil:
		return []string{segment}
	case strings.HasSuffix(segment, "')"):
		return []string{call[1], strings.ReplaceAll(call[2], "''", "'")}
	default:
		return call[1:2]
	}
}

// Prefer is what the Prefer header asks for.
type Prefer struct {
	// Immutable asks for immutable ids.
	Immutable bool
	// PageSize is 0 where the request does not say.
	PageSize int
	// TimeZone is the zone that times of events are wanted in, as it was named,
	// and Zone the same where the resource heeds it.
	TimeZone string
	Zone     *time.Location
}

// ParsePrefer reads all Prefer headers; preferences it does not know are
// ignored, as HTTP wants it.
func ParsePrefer(header http.Header) (Prefer, error) {
	var p Prefer
	for _, line := range header.Values("Prefer") {
		for _, part := range preferences(line) {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			value = strings.Trim(value, `"`)
			switch strings.ToLower(name) {
			case "outlook.timezone":
				p.TimeZone = value
			case "idtype":
				p.Immutable = strings.EqualFold(value, "ImmutableId")
			case "odata.maxpagesize":
				n, err := strconv.Atoi(value)
				if err != nil || n < 1 {
					return p, BadQuery("Invalid value '" + value + "' for the preference odata.maxpagesize.")
				}
				p.PageSize = min(n, odata.MaxTop)
			}
		}
	}
	return p, nil
}

// preferences splits a line at its commas outside of quotes.
func preferences(line string) []string {
	quoted := false
	return strings.FieldsFunc(line, func(c rune) bool {
		if c == '"' {
			quoted = !quoted
		}
		return c == ',' && !quoted
	})
}

// Apply says in the answer which preferences were heeded.
func (p Prefer) Apply(a *Answer) {
	var applied []string
	if p.Immutable {
		applied = append(applied, "IdType=ImmutableId")
	}
	if p.PageSize > 0 {
		applied = append(applied, "odata.maxpagesize="+strconv.Itoa(p.PageSize))
	}
	if p.Zone != nil {
		applied = append(applied, `outlook.timezone="`+p.TimeZone+`"`)
	}
	if len(applied) > 0 {
		a.Set("Preference-Applied", strings.Join(applied, ", "))
	}
}

// Object is the request's body; every write that has one must have an object.
func (r *Request) Object() (rawjson.Object, error) {
	if !strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "application/json") {
		return nil, BadBody("Please ensure Content-Type header is set and payload is of valid format.")
	}
	body, err := rawjson.Parse(r.Body)
	if err != nil {
		return nil, BadBody("Please ensure Content-Type header is set and payload is of valid format.")
	}
	return body, nil
}

// Only refuses query options other than those allowed.
func (r *Request) Only(allowed ...string) error {
	for _, name := range r.Query.Names {
		known := false
		for _, a := range allowed {
			known = known || a == name
		}
		if !known {
			return BadQuery("The query option '" + name + "' is not supported on this resource.")
		}
	}
	return nil
}

// ContextOf is the @odata.context of an answer.
func (r *Request) ContextOf(what string) string {
	if len(r.Query.Select) > 0 {
		what += "(" + strings.Join(r.Query.Select, ",") + ")"
	}
	return r.Root + "/$metadata#" + what
}
