package main_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// snapshotOf puts the id of the one snapshot in a store into an environment
// variable: snapshot-of store SNAPSHOT.
func snapshotOf(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[1], filepath.Base(onlySnapshot(ts, args[0])))
}

func onlySnapshot(ts *testscript.TestScript, store string) string {
	found, err := filepath.Glob(filepath.Join(ts.MkAbs(store), "snapshots", "*"))
	if err != nil || len(found) != 1 {
		ts.Fatalf("%d snapshots in %s, %v", len(found), store, err)
	}
	return found[0]
}

// more checks how many requests a sandbox has answered since it had answered some:
// more ready.json SOME MORE.
func more(ts *testscript.TestScript, _ bool, args []string) {
	var counts struct{ Total int }
	ts.Check(json.Unmarshal([]byte(answer(ts, args[0], "requests")), &counts))
	before, err := strconv.Atoi(args[1])
	ts.Check(err)
	if got := strconv.Itoa(counts.Total - before); got != args[2] {
		ts.Fatalf("%s requests were sent, %s are meant", got, args[2])
	}
}

// sameItems compares the one snapshot of each of two stores item for item,
// their folders too, of which there must be so many: same-items 847 STORE STORE.
func sameItems(ts *testscript.TestScript, _ bool, args []string) {
	least, err := strconv.Atoi(args[0])
	ts.Check(err)
	args = args[1:]
	one, other := contents(ts, args[0]), contents(ts, args[1])
	if len(one) < least {
		ts.Fatalf("%s holds only %d things", args[0], len(one))
	}
	for name, text := range one {
		if other[name] != text {
			ts.Fatalf("%s\nin %s: %.3000s\nin %s: %.3000s", name, args[0], text, args[1], other[name])
		}
	}
	if !maps.Equal(one, other) {
		ts.Fatalf("%s holds %d things, %s %d", args[0], len(one), args[1], len(other))
	}
}

// contents are a snapshot's items with all their parts, and its mailbox files,
// less the addresses of the service in them.
func contents(ts *testscript.TestScript, store string) map[string]string {
	root := onlySnapshot(ts, store)
	out := map[string]string{}
	files, err := filepath.Glob(filepath.Join(root, "mailboxes", "*", "*"))
	ts.Check(err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		ts.Check(err)
		name := filepath.Join(filepath.Base(filepath.Dir(file)), filepath.Base(file))
		if !strings.HasSuffix(file, ".jsonl") {
			var about map[string]json.RawMessage
			ts.Check(json.Unmarshal(data, &about))
			about["settings"] = hostless(ts, about["settings"])
			encoded, err := json.Marshal(about)
			ts.Check(err)
			out[name] = string(encoded)
			continue
		}
		for line := range bytes.Lines(data) {
			key, text := itemOf(ts, root, line)
			out[name+" "+key] = text
		}
	}
	return out
}

func itemOf(ts *testscript.TestScript, root string, line []byte) (key, text string) {
	var item struct {
		ID                   string
		Item, Series         json.RawMessage
		Attachments          []string
		ExceptionAttachments map[string][]string
	}
	var rest map[string]json.RawMessage
	ts.Check(json.Unmarshal(line, &item))
	ts.Check(json.Unmarshal(line, &rest))
	delete(rest, "attachments")
	delete(rest, "exceptionAttachments")
	rest["series"] = hostless(ts, item.Series)
	whole := map[string]any{"line": rest, "item": string(item.Item), "attachments": blobs(ts, root, item.Attachments)}
	for id, names := range item.ExceptionAttachments {
		whole["attachments of "+id] = blobs(ts, root, names)
	}
	encoded, err := json.Marshal(whole)
	ts.Check(err)
	return item.ID, string(encoded)
}

func blobs(ts *testscript.TestScript, root string, names []string) (out []json.RawMessage) {
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(root, "blobs", name))
		ts.Check(err)
		out = append(out, hostless(ts, data))
	}
	return out
}

// hostless leaves out the one member that names the service's address.
func hostless(ts *testscript.TestScript, object json.RawMessage) json.RawMessage {
	if len(object) == 0 {
		return json.RawMessage("null")
	}
	var members map[string]json.RawMessage
	ts.Check(json.Unmarshal(object, &members))
	delete(members, "@odata.context")
	out, err := json.Marshal(members)
	ts.Check(err)
	return out
}
