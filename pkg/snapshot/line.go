package snapshot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// errForeign is what is wrong with JSON that means something and still was not
// written by this package.
var errForeign = errors.New("not as riva-prep writes it")

// Line is one item in a .jsonl file. Item, Series and Attachments are Graph's
// bytes as served, but for line breaks between members.
type Line struct {
	Kind       item.Kind `json:"kind"`
	Folder     string    `json:"folder"`
	FolderID   string    `json:"folderId"`
	ID         string    `json:"id"`
	Version    string    `json:"version"`
	Categories []string  `json:"categories"`
	// Attachments name blobs, each one attachment as Graph served it.
	Attachments []string `json:"attachments,omitempty"`
	// ExceptionAttachments are the same for the exceptions of a series, by id.
	ExceptionAttachments map[string][]string `json:"exceptionAttachments,omitempty"`
	// Photo is a contact's picture.
	Photo *Photo `json:"photo,omitempty"`
	// Stream names the blob with Exchange's own export of the item.
	Stream string `json:"stream,omitempty"`
	// Series is a master's exceptions and cancelled occurrences.
	Series json.RawMessage `json:"series,omitempty"`
	Item   json.RawMessage `json:"item"`
}

// Photo names the blob with the bytes of a picture.
type Photo struct {
	Blob        string `json:"blob"`
	ContentType string `json:"contentType"`
}

// Parts are what Graph answers apart from an item, all as served.
type Parts struct {
	Photo *mailbox.Photo
	// Stream is Exchange's own export of the item, nil where there is none.
	Stream []byte
	// Series is set for a series master only.
	Series      json.RawMessage
	Attachments []json.RawMessage
	// Exceptions are the attachments of a series' exceptions, by their ids.
	Exceptions map[string][]json.RawMessage
}

// parseLine takes a line only if it is, byte for byte, what encode makes of it.
// That leaves no room for members that are unknown or stand twice.
func parseLine(data []byte) (Line, error) {
	var l Line
	if err := json.Unmarshal(data, &l); err != nil {
		return Line{}, err
	}
	again, err := l.encode()
	if err != nil {
		return Line{}, err
	}
	if !bytes.Equal(again, data) {
		return Line{}, errForeign
	}
	return l, nil
}

// encode puts the raw bytes in as they are: json.Marshal would rewrite them.
func (l Line) encode() ([]byte, error) {
	series, raw := l.Series, l.Item
	l.Series, l.Item = nil, nil
	head, err := json.Marshal(struct {
		Line
		Item   *struct{} `json:"item,omitempty"`
		Series *struct{} `json:"series,omitempty"`
	}{Line: l})
	if err != nil {
		return nil, err
	}
	out := bytes.NewBuffer(head[:len(head)-1])
	for _, member := range []struct {
		name string
		raw  json.RawMessage
	}{{"series", series}, {"item", raw}} {
		if member.raw == nil {
			continue
		}
		fmt.Fprintf(out, ",%q:", member.name)
		if err := oneLine(out, member.raw); err != nil {
			return nil, fmt.Errorf("%s %s: %w", l.Kind.Singular(), l.ID, err)
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// oneLine copies JSON untouched, unless it is spread over lines. White space
// around it is not a part of it.
func oneLine(out *bytes.Buffer, raw json.RawMessage) error {
	if !json.Valid(raw) {
		return errors.New("not JSON")
	}
	raw = bytes.TrimSpace(raw)
	if bytes.ContainsAny(raw, "\r\n") {
		return json.Compact(out, raw)
	}
	out.Write(raw)
	return nil
}

// Blobs are the names of all blobs that the line rests on.
func (l Line) Blobs() []string {
	names := slices.Concat(append(slices.Collect(maps.Values(l.ExceptionAttachments)), l.Attachments)...)
	if l.Photo != nil {
		names = append(names, l.Photo.Blob)
	}
	if l.Stream != "" {
		names = append(names, l.Stream)
	}
	return names
}

// entry is one line of index.jsonl: it says of an encrypted snapshot, without a
// key, which version of which item it holds.
type entry struct {
	Kind    item.Kind `json:"kind"`
	ID      string    `json:"id"`
	Version string    `json:"version"`
}

func parseEntry(data []byte) (entry, error) {
	var e entry
	if err := json.Unmarshal(data, &e); err != nil {
		return entry{}, err
	}
	again, err := json.Marshal(e)
	if err != nil {
		return entry{}, err
	}
	if !bytes.Equal(again, data) {
		return entry{}, errForeign
	}
	return e, nil
}
