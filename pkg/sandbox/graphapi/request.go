package graphapi

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/odata"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// request is one request, alone or in a batch.
type request struct {
	service   *Service
	app       string
	method    string
	target    string // the escaped path
	path      []string
	root      string
	header    http.Header
	rawQuery  string
	query     odata.Query
	prefer    prefer
	body      []byte
	requestID string
	clientID  string
	todo      bool // speaks To Do's dialect
	box       *tenant.Mailbox
}

var (
	callForm = regexp.MustCompile(`^([A-Za-z.]+)\((?:'(.*)')?\)$`)
	version  = "v1.0"
)

// segments takes a path below /v1.0 apart: percent-decoded, users('x') as two
// segments, delta() as one.
func segments(path string) ([]string, error) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if !strings.EqualFold(parts[0], version) {
		return nil, &fail{status: 400, code: "BadRequest", message: "Invalid version: " + parts[0]}
	}
	var out []string
	for _, part := range parts[1:] {
		decoded, err := url.PathUnescape(part)
		if err != nil || decoded == "" {
			return nil, noSegment(part)
		}
		if call := callForm.FindStringSubmatch(decoded); call != nil {
			out = append(out, call[1])
			if strings.HasSuffix(decoded, "')") {
				out = append(out, strings.ReplaceAll(call[2], "''", "'"))
			}
			continue
		}
		out = append(out, decoded)
	}
	return out, nil
}

// prefer is what the Prefer header asks for.
type prefer struct {
	immutable bool
	pageSize  int
}

func parsePrefer(header http.Header) (prefer, error) {
	var p prefer
	for _, line := range header.Values("Prefer") {
		for part := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			value = strings.Trim(value, `"`)
			switch strings.ToLower(name) {
			case "idtype":
				p.immutable = strings.EqualFold(value, "ImmutableId")
			case "odata.maxpagesize":
				n, err := strconv.Atoi(value)
				if err != nil || n < 1 {
					return p, badQuery("Invalid value '" + value + "' for the preference odata.maxpagesize.")
				}
				p.pageSize = min(n, odata.MaxTop)
			}
		}
	}
	return p, nil
}

// apply says in the answer which preferences were heeded.
func (p prefer) apply(a *answer) {
	var applied []string
	if p.immutable {
		applied = append(applied, "IdType=ImmutableId")
	}
	if p.pageSize > 0 {
		applied = append(applied, "odata.maxpagesize="+strconv.Itoa(p.pageSize))
	}
	if len(applied) > 0 {
		a.set("Preference-Applied", strings.Join(applied, ", "))
	}
}

// object is the request's body; every write that has one must have an object.
func (r *request) object() (rawjson.Object, error) {
	if !strings.HasPrefix(strings.ToLower(r.header.Get("Content-Type")), "application/json") {
		return nil, badBody("Please ensure Content-Type header is set and payload is of valid format.")
	}
	body, err := rawjson.Parse(r.body)
	if err != nil {
		return nil, badBody("Please ensure Content-Type header is set and payload is of valid format.")
	}
	return body, nil
}

// only refuses query options other than those allowed.
func (r *request) only(allowed ...string) error {
	for _, name := range r.query.Names {
		known := false
		for _, a := range allowed {
			known = known || a == name
		}
		if !known {
			return badQuery("The query option '" + name + "' is not supported on this resource.")
		}
	}
	return nil
}

// contextOf is the @odata.context of an answer.
func (r *request) contextOf(what string) string {
	if len(r.query.Select) > 0 {
		what += "(" + strings.Join(r.query.Select, ",") + ")"
	}
	return r.root + "/$metadata#" + what
}
