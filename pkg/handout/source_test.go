package handout_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/riva-prep/riva-prep/pkg/handout"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// backup is one mailbox of a snapshot in memory.
type backup struct {
	box   handout.Box
	lines []snapshot.Line
	blobs map[string][]byte
}

func (b *backup) Lines(kind item.Kind, each func(snapshot.Line) error) error {
	for _, l := range b.lines {
		if l.Kind != kind {
			continue
		}
		if err := each(l); err != nil {
			return err
		}
	}
	return nil
}

func (b *backup) Blob(name string) ([]byte, error) {
	data, ok := b.blobs[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return data, nil
}

// add puts an item into the backup, as a backup of a sandbox would.
func (b *backup) add(kind item.Kind, folder string, raw string) {
	var head struct {
		ID          string            `json:"id"`
		Recurrence  json.RawMessage   `json:"recurrence"`
		Exceptions  json.RawMessage   `json:"exceptionOccurrences"`
		Cancelled   json.RawMessage   `json:"cancelledOccurrences"`
		Attachments []json.RawMessage `json:"attachments"`
		Photo       *struct {
			ContentType string `json:"contentType"`
			Bytes       string `json:"contentBytes"`
		} `json:"photo"`
	}
	// What cannot be read becomes a line all the same.
	_ = json.Unmarshal([]byte(raw), &head)
	l := snapshot.Line{Kind: kind, Folder: folder, FolderID: "id of " + folder, ID: head.ID, Item: json.RawMessage(raw)}
	for n := range head.Attachments {
		l.Attachments = append(l.Attachments, fmt.Sprint(n))
	}
	if len(head.Recurrence) > 0 && string(head.Recurrence) != "null" {
		l.Series = json.RawMessage(fmt.Sprintf(`{"exceptionOccurrences":%s,"cancelledOccurrences":%s}`, orNull(head.Exceptions), orNull(head.Cancelled)))
	}
	if head.Photo != nil {
		name := fmt.Sprintf("photo%d", len(b.blobs))
		b.blobs[name], _ = base64.StdEncoding.DecodeString(head.Photo.Bytes)
		l.Photo = &snapshot.Photo{Blob: name, ContentType: head.Photo.ContentType}
	}
	b.lines = append(b.lines, l)
}

func orNull(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "null"
	}
	return string(raw)
}

func newBackup(zone string) *backup {
	return &backup{
		box: handout.Box{
			Account: mailbox.Account{ID: "11111111-0000-4000-8000-000000000001", UPN: "ann@contoso.example", Address: "ann@contoso.example"},
			Zone:    zone, At: time.Date(2026, 11, 26, 6, 0, 0, 0, time.UTC),
		},
		blobs: map[string][]byte{},
	}
}

// tenant reads a tenant file of the project's data, or skips the test.
func tenant(t *testing.T, name string) (boxes []*backup) {
	t.Helper()
	data, err := os.ReadFile(shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Users []struct {
			ID             string `json:"id"`
			UPN            string `json:"userPrincipalName"`
			ContactFolders []struct {
				Name     string            `json:"displayName"`
				Contacts []json.RawMessage `json:"contacts"`
			} `json:"contactFolders"`
			Calendars []struct {
				Name   string            `json:"name"`
				Events []json.RawMessage `json:"events"`
			} `json:"calendars"`
			Lists []struct {
				Name  string            `json:"displayName"`
				Tasks []json.RawMessage `json:"tasks"`
			} `json:"todoLists"`
		} `json:"users"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	for _, u := range file.Users {
		b := newBackup("W. Europe Standard Time")
		b.box.Account = mailbox.Account{ID: u.ID, UPN: u.UPN}
		for _, f := range u.ContactFolders {
			b.addAll(item.Contacts, f.Name, f.Contacts)
		}
		for _, c := range u.Calendars {
			b.addAll(item.Events, c.Name, c.Events)
		}
		for _, l := range u.Lists {
			b.addAll(item.Tasks, l.Name, l.Tasks)
		}
		boxes = append(boxes, b)
	}
	return boxes
}

func (b *backup) addAll(kind item.Kind, folder string, items []json.RawMessage) {
	for _, raw := range items {
		b.add(kind, folder, string(raw))
	}
}

// shared finds the project's data, or skips the test.
func shared(t *testing.T, name string) string {
	t.Helper()
	file := filepath.Join("..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not beside this checkout", name)
	}
	return file
}

// folder is a target in memory.
type folder struct {
	files map[string]*bytes.Buffer
	open  int
}

func newFolder() *folder { return &folder{files: map[string]*bytes.Buffer{}} }

func (f *folder) Create(name string) (io.WriteCloser, error) {
	if _, ok := f.files[name]; ok {
		return nil, fs.ErrExist
	}
	f.files[name] = &bytes.Buffer{}
	f.open++
	return file{f.files[name], f}, nil
}

type file struct {
	*bytes.Buffer
	in *folder
}

func (f file) Close() error { f.in.open--; return nil }

func (f *folder) names(ext string) (names []string) {
	for name := range f.files {
		if strings.HasSuffix(name, ext) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// write hands out one mailbox, and checks what holds for any files.
func write(t *testing.T, b *backup, f handout.Format) (*folder, handout.Result) {
	t.Helper()
	dst, again := newFolder(), newFolder()
	result, err := handout.Write(dst, b, b.box, f)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := handout.Write(again, b, b.box, f); err != nil {
		t.Fatal(err)
	}
	if dst.open != 0 {
		t.Errorf("%d files were left open", dst.open)
	}
	if len(result.Files) != len(dst.files) {
		t.Errorf("%d files, the result names %d", len(dst.files), len(result.Files))
	}
	for _, name := range result.Files {
		if !bytes.Equal(dst.files[name].Bytes(), again.files[name].Bytes()) {
			t.Errorf("%s is another the second time", name)
		}
		checkLines(t, name, dst.files[name].String())
	}
	checkCount(t, b, f, result)
	return dst, result
}

func checkLines(t *testing.T, name, content string) {
	t.Helper()
	if !strings.HasSuffix(content, "\r\n") {
		t.Errorf("%s does not end with a line end", name)
	}
	if rest := strings.ReplaceAll(content, "\r\n", ""); strings.ContainsAny(rest, "\r\n\x1e\x1f") {
		t.Errorf("%s has a lone line end or a mark", name)
	}
	if strings.HasSuffix(name, ".csv") {
		return
	}
	for _, line := range unfold(content) {
		if !strings.Contains(line, ":") {
			t.Errorf("%s has a line that is no property: %q", name, line)
		}
	}
	for line := range strings.SplitSeq(content, "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) {
			t.Errorf("%s has a line of %d octets, or one that begins or ends within a character: %q", name, len(line), line)
		}
	}
}

func checkCount(t *testing.T, b *backup, f handout.Format, result handout.Result) {
	t.Helper()
	want, got := 0, len(result.Left)
	for _, l := range b.lines {
		if slices.Contains(f.Kinds(), l.Kind) {
			want++
		}
	}
	for _, n := range result.Items {
		got += n
	}
	if got != want {
		t.Errorf("%d items are handed out or left, there are %d", got, want)
	}
}

// count is how many items a note is of.
func count(result handout.Result, what string) int {
	for _, n := range result.Notes {
		if n.What == what {
			return n.Items
		}
	}
	return 0
}
