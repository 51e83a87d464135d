package tenant

import (
	"encoding/base64"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/ids"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/upload"
)

// sessionLife is how long an upload session stays open.
const sessionLife = time.Hour

// OpenUpload begins an upload of size bytes; doc is the attachment less its
// content.
func (m *Mailbox) OpenUpload(kind Kind, folderID, id string, doc rawjson.Object, size int) (upload.Session, error) {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	found, err := m.box.Find(kind, folderID, id)
	if err == nil {
		err = writable(found)
	}
	if err != nil {
		return upload.Session{}, err
	}
	seq := m.tenant.next()
	s := upload.Session{
		ID: ids.GUID(m.ID, "upload", seq), Token: ids.GUID(m.ID, "authtoken", seq), Kind: string(kind), FolderID: folderID,
		ItemID: id, Doc: doc, Size: size, Expires: m.tenant.now().Add(sessionLife),
	}
	m.uploads.Open(s)
	return s, nil
}

// Session finds an open upload.
func (m *Mailbox) Session(id string) (upload.Session, error) {
	return m.uploads.Find(id, m.tenant.clock())
}

// Upload takes the next piece of an upload and says where the one after it
// begins. With the last one the attachment is added.
func (m *Mailbox) Upload(s upload.Session, contentRange string, piece []byte) (next int, added rawjson.Object, err error) {
	next, whole, err := m.uploads.Put(s.ID, contentRange, piece, m.tenant.clock())
	if err != nil || whole == nil {
		return next, nil, err
	}
	doc := s.Doc.Set("contentBytes", base64.StdEncoding.EncodeToString(whole))
	added, err = m.AddChild(Kind(s.Kind), s.FolderID, s.ItemID, "attachments", doc)
	return next, added, err
}
