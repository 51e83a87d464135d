package main_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/demo"
)

// TestNothingIsLeftOpen: when a command ends, its goroutines and its connections
// are gone, after all mailboxes at once too.
func TestNothingIsLeftOpen(t *testing.T) {
	w := serveTenant(t, demo.Tenant(), sandbox.Options{Latency: 5 * time.Millisecond})
	before := settled(w)
	all := []string{"--all", "--parallel", "1000", "--output", "json", "--store", w.path("store"), "--category", "Sync with Salesforce"}
	var plan struct{ Digest string }
	w.run(append([]string{"purge", "--dry-run"}, all...)...).want(t, 0).decode(t, &plan)
	var run struct{ Done int }
	w.run(append([]string{"purge", "--approve", plan.Digest}, all...)...).want(t, 0).decode(t, &run)
	counts := w.box.Counts()
	if run.Done < 100 || counts.MaxMailboxes < 5 {
		t.Errorf("%d items deleted, %d mailboxes at once: too little to leave anything open", run.Done, counts.MaxMailboxes)
	}
	if open := closing(w.server); open != 0 {
		t.Errorf("%d connections are open after the commands have ended", open)
	}
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

// TestLeaksAreFound: a client that is not closed shows in both.
func TestLeaksAreFound(t *testing.T) {
	w := serveTenant(t, demo.Tenant(), sandbox.Options{})
	before := settled(w)
	ready, err := graph.ReadSandbox(w.path("ready.json"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := graph.New(graph.Config{Sandbox: ready})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Users(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.server.Connections() == 0 || goleak.Find(before) == nil {
		t.Error("an open connection is not found")
	}
	client.Close()
	if open := closing(w.server); open != 0 {
		t.Errorf("%d connections are open after the client was closed", open)
	}
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

// settled are the goroutines of a server that serves and has no connections.
func settled(w *world) goleak.Option {
	w.t.Helper()
	resp, err := w.http.Get(w.ready.Control + "requests")
	if err != nil {
		w.t.Fatal(err)
	}
	_ = resp.Body.Close()
	w.http.CloseIdleConnections()
	if open := closing(w.server); open != 0 {
		w.t.Fatalf("%d connections are open before anything is done", open)
	}
	return goleak.IgnoreCurrent()
}

// closing waits until all connections are closed, which the server hears of a
// little later than the client.
func closing(server *sandbox.Server) int {
	for range 500 {
		if server.Connections() == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return server.Connections()
}
