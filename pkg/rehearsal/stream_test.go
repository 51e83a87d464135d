package rehearsal

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/restore"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/transfer"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// shelf is a snapshot of a few lines.
type shelf struct {
	restore.Reader
	lines []snapshot.Line
	blobs map[string]string
}

func (s shelf) Lines(_ snapshot.Mailbox, kind item.Kind, each func(snapshot.Line) error) error {
	for _, l := range s.lines {
		if l.Kind == kind {
			if err := each(l); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s shelf) Blob(name string) ([]byte, error) {
	data, ok := s.blobs[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return []byte(data), nil
}

// Exchange's own streams become the sandbox's, of the item with all its parts;
// everything else stays as it is.
func TestStreamsOfExchangeAreTranslated(t *testing.T) {
	own := transfer.Pack(tenant.Item{Kind: tenant.Contacts, Body: rawjson.Of("id", "c2", "displayName", "Own")})
	packed, err := base64.StdEncoding.DecodeString(own)
	if err != nil {
		t.Fatal(err)
	}
	line := func(kind item.Kind, body, stream string, attachments ...string) snapshot.Line {
		return snapshot.Line{Kind: kind, Item: json.RawMessage(body), Stream: stream, Attachments: attachments}
	}
	from := shelf{
		lines: []snapshot.Line{
			line(item.Events, `{"id":"e1","subject":"Review"}`, "foreign", "note"),
			line(item.Contacts, `{"id":"c2","displayName":"Own"}`, "own"),
		},
		blobs: map[string]string{"foreign": "\x02\x00opaque", "own": string(packed), "note": `{"id":"a1","name":"note.txt"}`},
	}
	reader := translate(from)
	for _, kind := range []item.Kind{item.Events, item.Contacts} {
		if err := reader.Lines(snapshot.Mailbox{}, kind, func(snapshot.Line) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	made, err := reader.Blob("foreign")
	if err != nil {
		t.Fatal(err)
	}
	kind, body, err := transfer.Unpack(base64.StdEncoding.EncodeToString(made))
	if err != nil || kind != tenant.Events || body.Text("subject") != "Review" || len(body.Objects("attachments")) != 1 {
		t.Errorf("the event became %s %s, %v", kind, body, err)
	}
	for name, want := range map[string]string{"own": string(packed), "note": from.blobs["note"]} {
		if got, err := reader.Blob(name); err != nil || string(got) != want {
			t.Errorf("%s became %q, %v", name, got, err)
		}
	}
	if _, err := reader.Blob("nowhere"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what is not there: %v", err)
	}
}
