package snapshot_test

import (
	"bytes"
	"encoding/json"
	"io"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/race"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
	"github.com/riva-prep/riva-prep/pkg/snapshot/seal"
)

const schemaFolder = "../../docs/schema/"

// The published schemas by what they describe, and those members of each that
// must not be missing.
var published = map[string][]string{
	"snapshot": {
		"format", "id", "tool", "created", "tenant", "kinds", "mailboxes", "blobs", "userPrincipalName", "account",
		"folder", "counts", "files", "unreadable", "name", "bytes", "sha256", "kind", "title", "error", "what", "incomplete",
	},
	"mailbox":       {"account", "folders", "kind", "id", "path", "userPrincipalName"},
	"snapshot-line": {"kind", "folder", "folderId", "id", "version", "categories", "item", "blob", "contentType"},
}

// free are the members that hold what Graph served, and so may hold anything.
var free = []string{"item", "series", "settings"}

func schema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(schemaFolder + name + ".schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// documents are the texts of a snapshot by the schema that describes them.
func documents(t *testing.T, dir *durable.Dir, keys []snapshot.Identity) map[string][][]byte {
	t.Helper()
	m, err := snapshot.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	codec := seal.Codec{Compressed: m.Compression != "", Encrypted: m.Encrypted(), Identities: keys}
	docs := map[string][][]byte{}
	for name, stored := range files(t, dir) {
		base := strings.TrimSuffix(path.Base(name), codec.Suffix())
		switch {
		case name == "snapshot.json":
			docs["snapshot"] = append(docs["snapshot"], stored)
		case base == "mailbox.json":
			docs["mailbox"] = append(docs["mailbox"], opened(t, codec, stored))
		case strings.HasSuffix(base, ".jsonl") && base != "index.jsonl":
			lines := bytes.Split(bytes.TrimSuffix(opened(t, codec, stored), []byte("\n")), []byte("\n"))
			docs["snapshot-line"] = append(docs["snapshot-line"], slices.DeleteFunc(lines, func(l []byte) bool { return len(l) == 0 })...)
		}
	}
	return docs
}

func opened(t *testing.T, codec seal.Codec, stored []byte) []byte {
	t.Helper()
	r, err := codec.Unwrap(bytes.NewReader(stored))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestWhatIsWrittenFitsTheSchemas validates every document of every way to keep
// a snapshot, and of the fixtures, and refuses every mutant of them.
func TestWhatIsWrittenFitsTheSchemas(t *testing.T) {
	all := map[string][][]byte{}
	add := func(dir *durable.Dir, keys []snapshot.Identity) {
		for name, docs := range documents(t, dir, keys) {
			all[name] = append(all[name], docs...)
		}
	}
	for _, way := range ways(t) {
		dir := crash.NewDisk().Dir()
		writeSample(t, dir, way.options)
		add(dir, way.keys)
	}
	add(fixture(t, "format-1"), nil)
	add(fixture(t, "format-2"), nil)
	add(fixture(t, "format-2-sealed"), fixtureKey(t))
	for name, least := range map[string]int{"snapshot": 7, "mailbox": 13, "snapshot-line": 34} {
		if len(all[name]) != least {
			t.Errorf("%s: %d documents, expected %d", name, len(all[name]), least)
		}
		s := schema(t, name)
		mutants := 0
		for _, doc := range all[name] {
			if err := s.Validate(value(t, doc)); err != nil {
				t.Errorf("%s: %v\n%s", name, err, doc)
			}
			mutate(value(t, doc), published[name], func(what string, mutant any) {
				mutants++
				if race.Detector && mutants%10 != 0 { // all go without, by scripts/check
					return
				}
				if s.Validate(mutant) == nil {
					t.Errorf("%s: %s was taken: %s", name, what, compact(t, mutant))
				}
			})
		}
		t.Logf("%s: %d documents, %d mutants", name, len(all[name]), mutants)
		if mutants < 500 {
			t.Errorf("%s: only %d mutants", name, mutants)
		}
	}
}

func value(t *testing.T, data []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// mutate makes one change after the other to a document, shows it whole, and
// takes the change back: a required member missing, a value of another type, a
// member too many.
func mutate(doc any, required []string, show func(what string, mutant any)) {
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			mutateObject(v, required, func(what string) { show(what, doc) })
			for name, below := range v {
				if !slices.Contains(free, name) && name != "categories" { // the master list is Graph's own
					walk(below)
				}
			}
		}
	}
	walk(doc)
}

func mutateObject(o map[string]any, required []string, show func(what string)) {
	counts := o["contacts"] != nil // an object of counts has no names of its own
	attachments := o["x"] != nil   // neither has one of exceptions
	notice := o["what"] != nil     // it may be about the mailbox as a whole
	for name, was := range o {
		optional := counts || attachments || notice && (name == "kind" || name == "folder")
		if slices.Contains(required, name) && !optional {
			delete(o, name)
			show("without " + name)
		}
		for _, other := range []any{nil, true, json.Number("1.5"), json.Number("-1"), "\x00", []any{json.Number("7")}, map[string]any{"\x00": json.Number("7")}} {
			if fits(name, was, other) {
				continue
			}
			o[name] = other
			show(name + " of another type")
		}
		o[name] = was
	}
	if !attachments {
		o["extra"] = "x"
		show("with a member too many")
		delete(o, "extra")
	}
}

// fits says whether the other value may stand there, too: any text where there
// is one, anything from Graph, null for what could not be read.
func fits(name string, was, other any) bool {
	text, wasText := was.(string)
	_, isText := other.(string)
	_, isObject := other.(map[string]any)
	if name == "incomplete" && other == true {
		return true
	}
	if other == nil && (name == "categories" || name == "settings" || name == "folders") {
		return true
	}
	if isObject && name != "item" && slices.Contains(free, name) {
		return true
	}
	pattern := slices.Contains([]string{"sum", "sha256", "blob", "stream", "created", "kind", "compression", "name"}, name)
	return wasText && isText && !pattern && !strings.HasPrefix(text, "mailboxes/")
}
