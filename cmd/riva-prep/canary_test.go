package main_test

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
)

// The canaries: the app's secret, and what stands in the bodies of items.
const (
	canarySecret = "canary-secret-c0ffee-7731"
	canaryBody   = "canary-body-5d1e-9042"
)

// canaries is a sandbox with that secret, and with that text in the body of a
// contact, an event and a task of the plug-in's.
func canaries(t *testing.T) *world {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/script/rehearse.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var file string
	for _, f := range archive.Files {
		if f.Name == "tenant.json" {
			file = string(f.Data)
		}
	}
	marked := strings.NewReplacer(
		`"displayName":"Contact 1"`, `"displayName":"Contact 1","personalNotes":"`+canaryBody+`"`,
		`"subject":"Review"`, `"subject":"Review","body":{"contentType":"text","content":"`+canaryBody+`"}`,
		`"body":{"content":"","contentType":"text"}`, `"body":{"content":"`+canaryBody+`","contentType":"text"}`,
	).Replace(file)
	if strings.Count(marked, canaryBody) != 3 {
		t.Fatalf("%d bodies", strings.Count(marked, canaryBody))
	}
	return serve(t, []byte(marked), sandbox.Options{ClientSecret: canarySecret})
}

// TestCanariesAreSeenNowhere goes through the commands, with logs, in every
// format, and where it goes wrong: no output and no file has the app's secret or
// a token, and bodies of items are in backups and hand-outs only.
func TestCanariesAreSeenNowhere(t *testing.T) {
	w := canaries(t)
	token := w.signIn()
	ready, err := os.ReadFile(w.path("ready.json"))
	if err != nil {
		t.Fatal(err)
	}
	wrong := bytes.Replace(ready, []byte(canarySecret), []byte("x"+canarySecret), 1)
	if err := os.WriteFile(w.path("wrong.json"), wrong, 0o600); err != nil {
		t.Fatal(err)
	}
	seen := &watch{t: t, secrets: []string{
		canarySecret, token, token[:40], "Bearer ", base64.StdEncoding.EncodeToString([]byte(canarySecret)),
	}}
	store, file := "--store="+w.path("store"), func(flag, name string) string { return flag + "=" + w.path(name) }
	run := func(args ...string) result {
		t.Helper()
		r := w.run(append(args, file("--log-file", "logs-"+args[0]+".txt"), "--log-format=json")...)
		seen.look(strings.Join(args, " "), []byte(r.stdout+r.stderr), true)
		return r
	}
	for _, format := range []string{"table", "json", "csv", "markdown"} {
		out := "--output=" + format
		run("list", "--all", out).want(t, 0)
		run("discover", "--all", out).want(t, 0)
		run("doctor", "--mailbox=ann@contoso.example", out, store)
		run("config", out)
		run("purge", "--all", "--category=CRM", "--meetings=send-cancellations", "--dry-run", out, file("--report", "plan.html"), file("--plan-out", "plan.json")).want(t, 0)
	}
	done := w.approvedWith(t, run, "purge", "--all", "--category=CRM", "--meetings=send-cancellations", store, file("--report", "run.html"), file("--per-user", "sheets"))
	snapshots, err := filepath.Glob(w.path("store/snapshots/*"))
	if err != nil || len(snapshots) != 1 {
		t.Fatalf("%d snapshots, %v", len(snapshots), err)
	}
	id := filepath.Base(snapshots[0])
	for _, format := range []string{"table", "json", "csv", "markdown"} {
		out := "--output=" + format
		run("snapshots", store, out).want(t, 0)
		run("snapshots", "show", id, store, out, file("--report", "backup.html")).want(t, 0)
		run("verify", id, store, "--against-mailbox", out)
		run("apply", "--resume", done, store, out)
	}
	run("export", id, store, "--format=ics", file("--out", "handed-out")).want(t, 0)
	w.approvedWith(t, run, "undo", done, store)
	run("list", "--all", file("--sandbox", "wrong.json")).want(t, 2)
	run("doctor", file("--sandbox", "wrong.json"), store)
	seen.lookAt(w.folder)
	if seen.files < 25 || seen.outputs < 40 || seen.bodies < 3 {
		t.Errorf("%d files, %d outputs, %d files with bodies", seen.files, seen.outputs, seen.bodies)
	}
	for _, secret := range seen.secrets { // what this rests on must see a mistake
		if !seen.has([]byte("a"+secret+"b"), false) {
			t.Errorf("%q is not seen", secret)
		}
	}
	if !seen.has([]byte(canaryBody), true) || seen.has([]byte(canaryBody), false) {
		t.Error("bodies are not told apart")
	}
}

// approvedWith makes a plan, carries it out as it is, and says the run's name.
func (w *world) approvedWith(t *testing.T, run func(...string) result, args ...string) string {
	t.Helper()
	var dry struct{ Digest string }
	var plain []string
	for _, a := range args {
		if !strings.HasPrefix(a, "--per-user") {
			plain = append(plain, a)
		}
	}
	run(append(plain, "--dry-run", "--output=json")...).want(t, 0).decode(t, &dry)
	var done struct{ Run string }
	run(append(args, "--approve="+dry.Digest, "--output=json")...).want(t, 0).decode(t, &done)
	return done.Run
}

// watch looks for canaries.
type watch struct {
	t                      *testing.T
	secrets                []string
	outputs, files, bodies int
}

// has says whether there is a secret, or a body where none may be.
func (w *watch) has(data []byte, bodiless bool) bool {
	for _, secret := range w.secrets {
		if bytes.Contains(data, []byte(secret)) {
			return true
		}
	}
	return bodiless && bytes.Contains(data, []byte(canaryBody))
}

func (w *watch) look(name string, data []byte, output bool) {
	w.t.Helper()
	if output {
		w.outputs++
	} else {
		w.files++
	}
	copied := strings.Contains(filepath.ToSlash(name), "store/snapshots/") || strings.Contains(name, "handed-out")
	if copied && bytes.Contains(data, []byte(canaryBody)) {
		w.bodies++
	}
	if w.has(data, !copied) {
		w.t.Errorf("%s has a canary", name)
	}
}

// lookAt looks at every file below a folder, but for the ready files, which are
// how the secret comes to the program.
func (w *watch) lookAt(folder string) {
	w.t.Helper()
	err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "ready.json" || d.Name() == "wrong.json" {
			return err
		}
		data, err := os.ReadFile(name)
		w.look(name, data, false)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
