package rebuild_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// line is a line of a snapshot; series may be empty.
func line(kind item.Kind, raw, series string) snapshot.Line {
	l := snapshot.Line{Kind: kind, Folder: "Folder", FolderID: "f", ID: "old-id", Version: "v", Item: json.RawMessage(raw)}
	if series != "" {
		l.Series = json.RawMessage(series)
	}
	return l
}

func TestBodies(t *testing.T) {
	cases := []struct {
		name        string
		kind        item.Kind
		raw, series string
		options     rebuild.Options
		want        string
		loses       string
	}{
		{
			"a contact's names are always there", item.Contacts, `{"id":"x","surname":"S","changeKey":"k","@odata.etag":"W"}`, "", rebuild.Options{},
			`{"surname":"S","displayName":null,"fileAs":null,"initials":null}`, "display-name",
		},
	}
	for _, c := range cases {
		got, err := rebuild.Of(line(c.kind, c.raw, c.series), c.options)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if string(got.Body) != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got.Body, c.want)
		}
		if lost := lossNames(got.Loses); lost != c.loses {
			t.Errorf("%s: loses %q, want %q", c.name, lost, c.loses)
		}
	}
}

func lossNames(losses []rebuild.Loss) string {
	var out []string
	for _, l := range losses {
		out = append(out, l.Name)
	}
	return strings.Join(out, " ")
}

func TestMalformed(t *testing.T) {
	for _, raw := range []string{``, `{`, `[]`, `"x"`, `12`, `null`} {
		for _, kind := range item.Kinds() {
			if _, err := rebuild.Of(line(kind, raw, ""), rebuild.Options{}); !errors.Is(err, item.ErrMalformed) {
				t.Errorf("%s %q: %v", kind, raw, err)
			}
		}
	}
	if _, err := rebuild.Of(line("mails", `{}`, ""), rebuild.Options{}); err == nil {
		t.Error("a kind that there is not was taken")
	}
}
