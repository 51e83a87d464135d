package rehearsal

import (
	"encoding/base64"
	"sync"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/restore"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/transfer"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// translator reads a snapshot whose streams are Exchange's own, which nobody
// else can read, and gives the sandbox's for the same items in their place.
type translator struct {
	restore.Reader

	mu    sync.Mutex
	lines map[string]source // by the name of the stream
}

type source struct {
	box  snapshot.Mailbox
	line snapshot.Line
}

func translate(from restore.Reader) restore.Reader {
	return &translator{Reader: from, lines: map[string]source{}}
}

// Lines implements restore.Reader. It remembers whose the streams are.
func (t *translator) Lines(box snapshot.Mailbox, kind item.Kind, each func(snapshot.Line) error) error {
	return t.Reader.Lines(box, kind, func(l snapshot.Line) error {
		if l.Stream != "" {
			t.mu.Lock()
			t.lines[l.Stream] = source{box, l}
			t.mu.Unlock()
		}
		return each(l)
	})
}

// Blob implements restore.Reader.
func (t *translator) Blob(name string) ([]byte, error) {
	data, err := t.Reader.Blob(name)
	t.mu.Lock()
	of, isStream := t.lines[name]
	t.mu.Unlock()
	if err != nil || !isStream {
		return data, err
	}
	if _, _, err := transfer.Unpack(base64.StdEncoding.EncodeToString(data)); err == nil {
		return data, nil
	}
	body, err := (&reader{from: t.Reader, box: of.box}).body(of.line)
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(transfer.Pack(tenant.Item{Kind: tenant.Kind(of.line.Kind), Body: body}))
}
