package transfer_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/graph/pace"
	"github.com/riva-prep/riva-prep/pkg/graph/transfer"
	"github.com/riva-prep/riva-prep/pkg/graph/upload"
	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// service plays Graph and the import host.
type service struct {
	clock    time.Time
	life     time.Duration
	sessions int
	walks    int
	err      error             // of any question to Graph
	tree     map[string]string // JSON of the folders below an id, "" being the top
	imported []order
	answers  []*http.Response // instead of the usual ones, in turn
}

type order struct{ FolderId, Mode, Data, token string }

func (s *service) Mailbox(context.Context) (string, error) { return "MBX:1@2", s.err }

func (s *service) Open(_ context.Context, path string, variables ...string) ([]byte, error) {
	if path != "admin/exchange/mailboxes/{mailbox}/createImportSession" || variables[1] != "MBX:1@2" {
		return nil, fmt.Errorf("posted to %s of %q", path, variables)
	}
	s.sessions++
	return fmt.Appendf(nil, `{"importUrl":"https://outlook.example/api/gv1.0/importItem?authtoken=canary%d","expirationDateTime":%q}`,
		s.sessions, s.clock.Add(s.life).Format(time.RFC3339Nano)), s.err
}

func (s *service) List(_ context.Context, path string, visit func([]wire.Element) error, variables ...string) error {
	below := ""
	if strings.HasSuffix(path, "/childFolders") {
		below = variables[3]
	} else {
		s.walks++
	}
	var all []json.RawMessage
	if err := json.Unmarshal([]byte("["+s.tree[below]+"]"), &all); err != nil {
		return err
	}
	var elements []wire.Element
	for _, raw := range all {
		elements = append(elements, wire.Element{Raw: raw})
	}
	return errors.Join(visit(elements), s.err)
}

func (s *service) RoundTrip(req *http.Request) (*http.Response, error) {
	var o order
	body, err := io.ReadAll(req.Body)
	if err != nil || json.Unmarshal(body, &o) != nil || req.Header.Get("Authorization") != "" || req.Method != "POST" {
		return nil, fmt.Errorf("a %s with the token %q", req.Method, req.Header.Get("Authorization"))
	}
	o.token = req.URL.Query().Get("authtoken")
	s.imported = append(s.imported, o)
	if len(s.answers) > 0 {
		a := s.answers[0]
		s.answers = s.answers[1:]
		return a, nil
	}
	return reply(200, fmt.Sprintf(`{"itemId":"new-%d","changeKey":"ck"}`, len(s.imported))), nil
}

func reply(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}
}

func folder(id, class, name string, children int) string {
	return fmt.Sprintf(`{"id":%q,"type":%q,"displayName":%q,"childFolderCount":%d}`, id, class, name, children)
}

// open makes a service with folders of each class, some of them twins.
func open(t *testing.T) (*service, *transfer.Box) {
	t.Helper()
	s := &service{clock: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC), life: time.Hour}
	s.tree = map[string]string{
		"": strings.Join([]string{
			folder("inbox", "IPF.Note", "Contacts", 1), folder("bin", "IPF.Note", "Deleted Items", 1), folder("same", "IPF.Appointment", "Whatever", 0),
			folder("con", "IPF.Contact", "Contacts", 2), folder("cal", "IPF.Appointment", "Calendar", 3), folder("tas", "IPF.Task", "Tasks", 0),
		}, ","),
		"bin": folder("dead", "IPF.Contact", "CRM", 0),
		"con": folder("crm", "IPF.Contact", "CRM", 1) + "," + folder("hidden", "IPF.Contact.RecipientCache", "Cache", 0),
		"crm": folder("deep", "IPF.Contact", "CRM", 0),
		"cal": folder("twin1", "IPF.Appointment", "Twin", 0) + "," + folder("twin2", "IPF.Appointment", "Twin", 0) + "," + folder("tours", "IPF.Appointment", "Tours", 0),
	}
	root, err := url.Parse("https://graph.example/v1.0")
	if err != nil {
		t.Fatal(err)
	}
	door := upload.NewDoor(wire.New(root, s), func(u *url.URL) bool { return u.Host == "outlook.example" })
	return s, transfer.New(s, door, pace.New(time.Now), func() time.Time { return s.clock })
}

var contacts = item.Folder{Kind: item.Contacts, ID: "x", Path: "Contacts"}

func TestFoldersAreMatched(t *testing.T) {
	tests := []struct {
		folder item.Folder
		want   string // empty: not for certain
	}{
		{contacts, "con"},
		{item.Folder{Kind: item.Contacts, ID: "x", Path: "Contacts/CRM", Name: "CRM"}, "crm"},
		{item.Folder{Kind: item.Contacts, ID: "x", Path: "Contacts/CRM/CRM", Name: "CRM"}, "deep"},
		{item.Folder{Kind: item.Contacts, ID: "x", Path: "CRM"}, ""},
		{item.Folder{Kind: item.Contacts, ID: "crm", Path: "Moved"}, "crm"},
		{item.Folder{Kind: item.Contacts, ID: "hidden", Path: "Contacts/Cache"}, ""},
		{item.Folder{Kind: item.Events, ID: "x", Path: "Calendar"}, "cal"},
		{item.Folder{Kind: item.Events, ID: "x", Path: "Tours"}, "tours"},
		{item.Folder{Kind: item.Events, ID: "x", Path: "Tours (2)", Name: "Tours"}, "tours"},
		{item.Folder{Kind: item.Events, ID: "x", Path: "Twin"}, ""},
		{item.Folder{Kind: item.Events, ID: "twin2", Path: "Twin"}, "twin2"},
		{item.Folder{Kind: item.Events, ID: "x", Path: "Contacts"}, ""},
		{item.Folder{Kind: item.Tasks, ID: "x", Path: "Tasks"}, "tas"},
		{item.Folder{Kind: item.Tasks, ID: "x", Path: "Calendar"}, ""},
		{item.Folder{Kind: item.Tasks, ID: "same", Path: "Calendar"}, ""},
	}
	if len(tests) < 15 {
		t.Fatalf("%d folders", len(tests))
	}
	for _, test := range tests {
		s, box := open(t)
		id, version, err := box.Import(t.Context(), test.folder, []byte("stream"))
		if test.want == "" {
			if !errors.Is(err, mailbox.ErrNotOffered) || len(s.imported) != 0 {
				t.Errorf("%s %q: %d were imported, %v; want ErrNotOffered", test.folder.Kind, test.folder.Path, len(s.imported), err)
			}
			continue
		}
		if err != nil || id != "new-1" || version != `W/"ck"` || len(s.imported) != 1 {
			t.Errorf("%s %q: %q, %q, %v", test.folder.Kind, test.folder.Path, id, version, err)
			continue
		}
		want := order{FolderId: test.want, Mode: "create", Data: base64.StdEncoding.EncodeToString([]byte("stream")), token: "canary1"}
		if s.imported[0] != want {
			t.Errorf("%s %q: %+v was sent, want %+v", test.folder.Kind, test.folder.Path, s.imported[0], want)
		}
	}
}

func TestSessionsAreUsedUntilShortlyBeforeTheirEnd(t *testing.T) {
	s, box := open(t)
	for step, want := range []int{1, 1, 2, 2, 3} {
		if _, _, err := box.Import(t.Context(), contacts, nil); err != nil {
			t.Fatal(err)
		}
		if s.sessions != want || s.walks != 1 {
			t.Errorf("after %d imports: %d sessions and %d walks, want %d and 1", step+1, s.sessions, s.walks, want)
		}
		s.clock = s.clock.Add(28 * time.Minute)
	}
}

func TestASessionThatEndedIsReplacedOnce(t *testing.T) {
	over := func() *http.Response {
		return reply(401, `{"error":{"code":"InvalidAuthenticationToken","message":"canary"}}`)
	}
	s, box := open(t)
	s.answers = []*http.Response{over()}
	if id, _, err := box.Import(t.Context(), contacts, nil); err != nil || id != "new-2" || s.imported[1].token != "canary2" {
		t.Errorf("%q, %v after %+v", id, err, s.imported)
	}
	s.answers = []*http.Response{over(), over()}
	_, _, err := box.Import(t.Context(), contacts, nil)
	if !errors.Is(err, mailbox.ErrBusy) || errors.Is(err, mailbox.ErrUnclear) || len(s.imported) != 4 || strings.Contains(err.Error(), "canary") {
		t.Errorf("after %d requests: %v, want ErrBusy after 4", len(s.imported), err)
	}
}

func TestAnImportIsNotRepeated(t *testing.T) {
	for name, answer := range map[string]*http.Response{
		"503": reply(503, ""), "no id": reply(200, `{"changeKey":"x"}`), "no JSON": reply(200, "<html>"), "error": reply(200, `{"error":{"code":"x"}}`),
	} {
		s, box := open(t)
		s.answers = []*http.Response{answer}
		_, _, err := box.Import(t.Context(), contacts, nil)
		if !errors.Is(err, mailbox.ErrUnclear) || len(s.imported) != 1 || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: after %d requests: %v, want ErrUnclear after 1", name, len(s.imported), err)
		}
	}
}

func TestAFolderThatIsGoneIsLookedForAgain(t *testing.T) {
	s, box := open(t)
	s.answers = []*http.Response{reply(404, `{"error":{"code":"ErrorItemNotFound"}}`)}
	if _, _, err := box.Import(t.Context(), contacts, nil); !errors.Is(err, mailbox.ErrGone) {
		t.Errorf("error = %v, want ErrGone", err)
	}
	if _, _, err := box.Import(t.Context(), contacts, nil); err != nil || s.walks != 2 {
		t.Errorf("%d walks, %v; want 2", s.walks, err)
	}
	s.tree["con"] += "," + folder("new", "IPF.Contact", "New", 0)
	if _, _, err := box.Import(t.Context(), item.Folder{Kind: item.Contacts, Path: "Contacts/New"}, nil); err != nil || s.walks != 3 {
		t.Errorf("a new folder: %d walks, %v; want 3", s.walks, err)
	}
}
