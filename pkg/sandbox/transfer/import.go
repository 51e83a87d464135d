package transfer

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// Lifetime is how long an import address can be used. Microsoft does not say.
const Lifetime = time.Hour

// outlookHost serves import addresses where Graph has its own name. On loopback
// the host is another name of the same machine.
const outlookHost = "outlook.office365.com"

// importRoot begins the path of every import address, which is not Graph's.
const importRoot = "/api/gv1.0/"

// Session is what the token of an import address stands for.
type Session struct {
	App     string    `json:"app"`
	Mailbox string    `json:"mailbox"` // object id
	Host    string    `json:"host"`
	Expires time.Time `json:"exp"`
}

// session serves createImportSession.
func (p *place) session() (wire.Answer, error) {
	if err := p.service.allowed(p.Request, "createImportSession", importItems); err != nil {
		return wire.Answer{}, err
	}
	if p.Method != http.MethodPost {
		return wire.Answer{}, wire.NotAllowed(p.Method)
	}
	ends := p.service.Now().UTC().Add(Lifetime)
	host := otherHost(p.Root)
	token, err := p.service.token(Session{App: p.App, Mailbox: p.box.ID, Host: host, Expires: ends})
	if err != nil {
		return wire.Answer{}, err
	}
	address := url.URL{
		Scheme: "https", Host: host, RawQuery: "authtoken=" + url.QueryEscape(token),
		Path: importRoot + "Mailboxes('" + p.service.MailboxID(p.box) + "')/importItem",
	}
	return wire.Reply(200, rawjson.Of("@odata.context", p.ContextOf("microsoft.graph.mailboxItemImportSession"),
		"importUrl", address.String(), "expirationDateTime", ends.Format("2006-01-02T15:04:05.0000000Z")))
}

// otherHost is a host that is not Graph's own and leads to the sandbox.
func otherHost(root string) string {
	u, err := url.Parse(root)
	if err != nil {
		return outlookHost
	}
	name, port := u.Hostname(), u.Port()
	ip := net.ParseIP(name)
	switch {
	case strings.EqualFold(name, "localhost"):
		name = "127.0.0.1"
	case ip != nil && ip.IsLoopback():
		name = "localhost"
	default:
		return outlookHost
	}
	if port == "" {
		return name
	}
	return net.JoinHostPort(name, port)
}

// token signs a session. It says everything, so nothing is kept.
func (s *Service) token(session Session) (string, error) {
	text, err := json.Marshal(session)
	if err != nil {
		return "", err
	}
	encoded := base64.RawURLEncoding.EncodeToString(text)
	return encoded + "." + base64.RawURLEncoding.EncodeToString(s.signature(encoded)), nil
}

func (s *Service) signature(text string) []byte {
	mac := hmac.New(sha256.New, s.Key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// IsImport tells whether a request is for an import address.
func IsImport(path string) bool {
	return strings.HasPrefix(path, importRoot)
}

var errToken = &wire.Fail{Status: 401, Code: "InvalidAuthenticationToken", Message: "The import session is not valid or has expired."}

// Open reads the session of a request to an import address. It refuses an
// Authorization header, for the address is all that is needed and a token of
// Graph's must not travel there, a host that the session is not for, and
// sessions that are over or were made up.
func (s *Service) Open(req *http.Request) (Session, error) {
	var session Session
	if req.Header.Get("Authorization") != "" {
		return session, &wire.Fail{
			Status: 401, Code: "InvalidAuthenticationToken",
			Message: "The import address is authorized in itself: send no Authorization header.",
		}
	}
	text, signature, _ := strings.Cut(req.URL.Query().Get("authtoken"), ".")
	sum, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || !hmac.Equal(sum, s.signature(text)) {
		return session, errToken
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(raw, &session) != nil || !session.Expires.After(s.Now()) {
		return session, errToken
	}
	m, ok := s.Tenant.Mailbox(session.Mailbox)
	want := importRoot + "Mailboxes('" + s.MailboxID(m) + "')/importItem"
	if !ok || !strings.EqualFold(req.Host, session.Host) || !strings.EqualFold(req.URL.Path, want) {
		return session, wire.NoSegment("importItem")
	}
	return session, nil
}

// order is the body of an import, in the members' own spelling.
type order struct{ folder, mode, data, item, version string }

// Import serves a POST to an import address whose session is open.
func (s *Service) Import(r *wire.Request, session Session) (wire.Answer, error) {
	m, ok := s.Tenant.Mailbox(session.Mailbox)
	if !ok {
		return wire.Answer{}, tenant.ErrNotFound
	}
	if r.Method != http.MethodPost {
		return wire.Answer{}, wire.NotAllowed(r.Method)
	}
	o, err := readOrder(r)
	if err != nil {
		return wire.Answer{}, err
	}
	f, err := (&place{Request: r, service: s, box: m}).folder(o.folder)
	if err != nil {
		return wire.Answer{}, err
	}
	kind, body, err := Unpack(o.data)
	switch {
	case errors.Is(err, errStream):
		return wire.Answer{}, &wire.Fail{Status: 400, Code: "ErrorCorruptData", Message: "Data is corrupt."}
	case err != nil:
		return wire.Answer{}, err
	case f.kind != kind:
		return wire.Answer{}, wire.NotEmulated("importing " + classes[kind].item + " into a folder of class " + f.class)
	}
	it, err := o.carryOut(m, f, body)
	if err != nil {
		return wire.Answer{}, err
	}
	context := "https://" + session.Host + importRoot + "$metadata#microsoft.graph.importMailboxItemResponse"
	return wire.Reply(200, rawjson.Of("@odata.context", context, "itemId", it.ID, "changeKey", changeKey(it)))
}

func (o order) carryOut(m *tenant.Mailbox, f folder, body rawjson.Object) (tenant.Item, error) {
	if o.mode == "create" {
		return m.Import(f.kind, f.container, body)
	}
	return m.ImportOver(f.kind, f.container, o.item, o.version, body)
}

// readOrder reads the body. Mode create takes neither ItemId nor ChangeKey,
// mode update needs both (Graph docs, import-exchange-mailbox-item).
func readOrder(r *wire.Request) (order, error) {
	var o order
	body, err := r.Object()
	if err != nil {
		return o, err
	}
	into := map[string]*string{"FolderId": &o.folder, "Mode": &o.mode, "Data": &o.data, "ItemId": &o.item, "ChangeKey": &o.version}
	for name, value := range body.Members() {
		member, ok := into[name]
		if !ok || json.Unmarshal(value, member) != nil {
			return o, wire.BadBody("The member '" + name + "' is not known or not a string.")
		}
	}
	o.mode = strings.ToLower(o.mode)
	named := o.item != "" || o.version != ""
	switch {
	case o.folder == "" || o.data == "":
		err = wire.BadBody("FolderId and Data are needed.")
	case o.mode == "create" && named:
		err = wire.BadBody("Mode create takes neither ItemId nor ChangeKey.")
	case o.mode == "update" && (o.item == "" || o.version == ""):
		err = wire.BadBody("Mode update needs ItemId and ChangeKey.")
	case o.mode != "create" && o.mode != "update":
		err = wire.BadBody("Mode is create or update.")
	}
	return o, err
}
