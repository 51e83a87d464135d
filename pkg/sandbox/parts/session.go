package parts

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/upload"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// The sizes of what a session uploads, in bytes (Graph docs,
// outlook-large-attachments and todo-attachments).
const (
	minSize      = 3 << 20
	maxEventSize = 150 << 20
	maxTaskSize  = 25 << 20
)

// Host is where the content of events' attachments goes, under Path.
const (
	Host = "outlook.office.com"
	Path = "/api/v2.0/"
)

// newSession serves createUploadSession; events and tasks name the parameter
// differently.
func (r *request) newSession() (wire.Answer, error) {
	if r.Method != http.MethodPost {
		return wire.Answer{}, wire.NotAllowed(r.Method)
	}
	body, err := r.Object()
	if err != nil {
		return wire.Answer{}, err
	}
	name, largest := "AttachmentItem", maxEventSize
	if r.Kind == tenant.Tasks {
		name, largest = "attachmentInfo", maxTaskSize
	}
	given := rawjson.Empty()
	for member := range body.Members() {
		if !strings.EqualFold(member, name) {
			return wire.Answer{}, wire.BadBody("The parameter '" + member + "' in the request payload is not a valid parameter for the operation 'createUploadSession'.")
		}
		given = body.Object(member)
	}
	size, err := sized(given, largest)
	if err != nil {
		return wire.Answer{}, err
	}
	s, err := r.box.OpenUpload(r.Kind, r.FolderID, r.ID, r.announced(given), size)
	if err != nil {
		return wire.Answer{}, err
	}
	return wire.Reply(201, rawjson.Of("@odata.context", r.Root+"/$metadata#microsoft.graph.uploadSession", "uploadUrl", r.uploadURL(s),
		"expirationDateTime", s.Expires.UTC().Format(time.RFC3339Nano), "nextExpectedRanges", []string{"0-"}))
}

// sized is the announced size, which must be one that needs a session.
func sized(given rawjson.Object, largest int) (int, error) {
	raw, _ := given.Get("size")
	size, err := strconv.Atoi(string(raw))
	if err != nil || given.Text("name") == "" || !strings.EqualFold(given.Text("attachmentType"), "file") {
		return 0, wire.BadBody("A session needs a file's attachmentType, name and size.")
	}
	if size < minSize {
		return 0, &wire.Fail{
			Status: 400, Code: "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize",
			Message: "The size of the attachment must be at least " + strconv.Itoa(minSize) + " bytes.",
		}
	}
	if size > largest {
		return 0, &wire.Fail{Status: 400, Code: "ErrorAttachmentSizeLimitExceeded", Message: "The attachment size exceeds the maximum of " + strconv.Itoa(largest) + " bytes."}
	}
	return size, nil
}

// announced is the attachment less its content.
func (r *request) announced(given rawjson.Object) rawjson.Object {
	doc := given.Without("attachmentType", "size")
	if r.Kind == tenant.Tasks {
		return rawjson.Of("@odata.type", "#microsoft.graph.taskFileAttachment").Merge(doc)
	}
	return rawjson.Of("@odata.type", "#microsoft.graph.fileAttachment").Merge(doc)
}

// uploadURL is where the content goes. An event's has its authorization in the
// query and lies at another host; on this machine, at its other name.
func (r *request) uploadURL(s upload.Session) string {
	if r.Kind == tenant.Tasks {
		return r.Root + "/users/" + r.box.ID + "/todo/lists/" + url.PathEscape(r.FolderID) + "/tasks/" + url.PathEscape(r.ID) + "/attachmentSessions/" + s.ID
	}
	host := Host
	if at, err := url.Parse(r.Root); err == nil && at.Port() != "" {
		host = "localhost"
		if at.Hostname() == host {
			host = "127.0.0.1"
		}
		host = net.JoinHostPort(host, at.Port())
	}
	return "https://" + host + Path + "Users('" + r.box.ID + "')/AttachmentSessions('" + s.ID + "')?authtoken=" + s.Token
}

// session serves {uploadUrl}/content of a task's session.
func (r *request) session(path []string) (wire.Answer, error) {
	if len(path) != 2 || !strings.EqualFold(path[1], "content") {
		return wire.Answer{}, wire.NotEmulated("a list or description of attachmentSessions")
	}
	s, err := r.box.Session(path[0])
	if err != nil || s.Kind != string(tenant.Tasks) || s.ItemID != r.ID {
		return wire.Answer{}, tenant.ErrNotFound
	}
	if r.Method != http.MethodPut {
		return wire.Answer{}, wire.NotAllowed(r.Method)
	}
	return Put(r.Request, r.box, s)
}

// Put takes the next piece of an upload. The last one makes the attachment.
func Put(r *wire.Request, m *tenant.Mailbox, s upload.Session) (wire.Answer, error) {
	next, added, err := m.Upload(s, r.Header.Get("Content-Range"), r.Body)
	switch {
	case errors.Is(err, upload.ErrForm):
		return wire.Answer{}, &wire.Fail{Status: 400, Code: "InvalidContentRange", Message: "The Content-Range header is missing, malformed or does not fit the content."}
	case errors.Is(err, upload.ErrOrder):
		return wire.Answer{}, &wire.Fail{Status: 416, Code: "InvalidRange", Message: "The range is not the next expected one, " + strconv.Itoa(next) + "-."}
	case err != nil:
		return wire.Answer{}, err
	case added == nil:
		return wire.Reply(200, rawjson.Of("@odata.context", r.Root+"/$metadata#microsoft.graph.uploadSession",
			"expirationDateTime", s.Expires.UTC().Format(time.RFC3339Nano), "nextExpectedRanges", []string{strconv.Itoa(next) + dash(s)}))
	}
	a, err := wire.Nothing(201)
	a.Set("Location", location(r, m, s, added.Text("id")))
	return a, err
}

// dash is how an open range ends: Graph's with a dash, Outlook's without
// (Graph docs, todo-attachments and outlook-large-attachments).
func dash(s upload.Session) string {
	if s.Kind == string(tenant.Tasks) {
		return "-"
	}
	return ""
}

func location(r *wire.Request, m *tenant.Mailbox, s upload.Session, id string) string {
	if s.Kind == string(tenant.Tasks) {
		return r.Root + "/users/" + m.ID + "/todo/lists/" + s.FolderID + "/tasks/" + s.ItemID + "/attachments/" + id
	}
	return "https://" + Host + Path + "Users('" + m.ID + "')/Events('" + s.ItemID + "')/Attachments('" + id + "')"
}
