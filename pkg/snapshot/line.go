package snapshot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/jsonwalk"
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
	// picked is an object of those members of Item that item.Parse reads.
	picked []byte
}

// Parse reads the item, in the folder that the line names.
func (l Line) Parse() (item.Item, error) {
	return l.ParseIn(item.Folder{Kind: l.Kind, ID: l.FolderID, Path: l.Folder})
}

// ParseIn is Parse with more about the folder.
func (l Line) ParseIn(folder item.Folder) (item.Item, error) {
	if l.picked == nil { // it was not read from a snapshot
		return item.Parse(folder, l.Item)
	}
	return item.ParsePicked(folder, l.Item, l.picked)
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
// That leaves no room for members that are unknown, written otherwise or stand
// twice. Its raw bytes are parts of data, which is known if its values were found to
// be JSON before.
func parseLine(data []byte, known bool) (Line, error) {
	var l Line
	var head, picked jsonwalk.Object
	err := members(jsonwalk.Again(data, known), &l, &head, &picked)
	if err == nil {
		err = json.Unmarshal(head.Bytes(), &l)
	}
	if err != nil {
		return Line{}, err
	}
	l.picked = picked.Bytes()
	if same, err := l.encodes(data); err != nil || !same {
		return Line{}, errors.Join(err, errForeign)
	}
	return l, nil
}

// members parts a line into its raw bytes and an object of all else.
func members(s *jsonwalk.Stream, l *Line, head, picked *jsonwalk.Object) error {
	return s.Object(func(name string) (err error) {
		var value []byte
		switch name {
		case "item":
			l.Item, err = s.Members(func(name, value []byte) error {
				if item.Wanted(name) {
					picked.Add(name, value)
				}
				return nil
			})
		case "series":
			l.Series, err = s.Value()
		default:
			if value, err = s.Value(); err == nil {
				head.Add([]byte(name), value)
			}
		}
		return err
	})
}

// encodes says whether encode would make data, in which no line ends, of the line,
// whose raw bytes are out of data and known to be JSON. It copies nothing: a line
// may be a megabyte.
func (l Line) encodes(data []byte) (bool, error) {
	head, err := l.head()
	if err != nil {
		return false, err
	}
	rest, same := bytes.CutPrefix(data, head)
	for _, m := range l.bodies() {
		if m.raw != nil {
			rest, same = cut(rest, same, fmt.Appendf(nil, ",%q:", m.name))
			rest, same = cut(rest, same, m.raw)
			same = same && bytes.IndexByte(m.raw, '\r') < 0
		}
	}
	return same && string(rest) == "}", nil
}

func cut(rest []byte, same bool, prefix []byte) ([]byte, bool) {
	rest, found := bytes.CutPrefix(rest, prefix)
	return rest, same && found
}

// encode writes the line with the raw bytes as they are: json.Marshal would
// rewrite them. Nothing is written of a line that is none.
func (l Line) encode(out io.Writer) error {
	head, err := l.head()
	if err != nil {
		return err
	}
	parts := [][]byte{head}
	for _, m := range l.bodies() {
		if m.raw == nil {
			continue
		}
		raw, err := oneLine(m.raw)
		if err != nil {
			return fmt.Errorf("%s %s: %w", l.Kind.Singular(), l.ID, err)
		}
		parts = append(parts, fmt.Appendf(nil, ",%q:", m.name), raw)
	}
	for _, part := range append(parts, []byte("}\n")) {
		if _, err := out.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// head is the line up to the raw bytes.
func (l Line) head() ([]byte, error) {
	l.Series, l.Item = nil, nil
	head, err := json.Marshal(struct {
		Line
		Item   *struct{} `json:"item,omitempty"`
		Series *struct{} `json:"series,omitempty"`
	}{Line: l})
	if err != nil {
		return nil, err
	}
	return head[:len(head)-1], nil
}

type body struct {
	name string
	raw  json.RawMessage
}

// bodies are the raw bytes, in the order in which they stand in a line.
func (l Line) bodies() [2]body { return [2]body{{"series", l.Series}, {"item", l.Item}} }

// oneLine is JSON untouched, unless it is spread over lines. White space around
// it is not a part of it. It was JSON when it was served; if it is none any more,
// the reading back finds that.
func oneLine(raw json.RawMessage) ([]byte, error) {
	raw = bytes.TrimSpace(raw)
	if !spread(raw) {
		return raw, nil
	}
	var out bytes.Buffer
	err := json.Compact(&out, raw)
	return out.Bytes(), err
}

// spread says whether JSON is spread over lines.
func spread(raw []byte) bool {
	return bytes.IndexByte(raw, '\n') >= 0 || bytes.IndexByte(raw, '\r') >= 0
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
