package rehearsal

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/memory"
	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/restore"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rules"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// Stage is where a plan is rehearsed: a copy of the mailboxes, and what is
// assumed of the service.
type Stage struct {
	tenant *tenant.Tenant
	// Roles are the app's permissions, as far as the backup shows them.
	Roles []string
	// Service is how long each request is taken to be in service, Network how long
	// it is on its way, and its answer on the way back.
	Service, Network time.Duration
	// Properties and Extensions are asked for by name, as graph.Config has them.
	Properties, Extensions []string
	// Through, if set, is what requests pass on their way to the sandbox.
	Through func(http.RoundTripper) http.RoundTripper
}

// Open makes a stage of the snapshot in dir, as File does.
func Open(dir *durable.Dir, keys ...snapshot.Identity) (*Stage, snapshot.Manifest, error) {
	file, manifest, err := File(dir, keys...)
	if err != nil {
		return nil, manifest, err
	}
	t, err := tenant.Load(bytes.NewReader(file))
	if err != nil {
		return nil, manifest, err
	}
	from, err := snapshot.Open(dir, keys...)
	if err != nil {
		return nil, manifest, err
	}
	roles, err := granted(from)
	return &Stage{tenant: t, Roles: roles}, manifest, err
}

// granted are the permissions that a backup shows. That of exporting streams
// shows in there being some; a backup that holds none may not have asked.
func granted(from restore.Reader) ([]string, error) {
	streams, settings := false, false
	for _, box := range from.Manifest().Mailboxes {
		about, err := from.About(box)
		if err != nil {
			return nil, err
		}
		streams, settings = streams || box.Streams > 0, settings || about.Categories != nil
	}
	return slices.DeleteFunc(sandbox.AllRoles(), func(role string) bool {
		return !streams && strings.HasSuffix(role, "Export.All") || !settings && strings.HasPrefix(role, "MailboxSettings.")
	}), nil
}

// Perform carries the job out on the stage, which can be used once. The job's
// directory and clock are the stage's own; its run lies in memory and is gone
// afterwards.
func (s *Stage) Perform(ctx context.Context, now time.Time, job run.Job) (report run.Report, err error) {
	clock := NewClock(now)
	box := sandbox.New(s.tenant, sandbox.Options{
		Limits: true, Latency: s.Service, Network: s.Network, Roles: s.Roles, Now: clock.Now,
		Sleep: func(d time.Duration) { _ = clock.Sleep(context.Background(), d) },
	})
	client, err := s.client(box, clock)
	if err != nil {
		return run.Report{}, err
	}
	defer client.Close()
	job.Directory, job.Now, job.Rest, job.Watcher = client, clock.Now, snapshot.Options{}, watcher{job.Watcher, clock}
	job.Translate = func(r restore.Reader) restore.Reader { return translate(unhurried{r, clock}) }
	told := &run.Rehearsal{Service: s.Service, Network: s.Network, Unknown: rules.FactNames()}
	clock.Drive(func() {
		report, err = run.NewStore(memory.New("memory")).Execute(ctx, job)
		told.Took = clock.Now().Sub(now)
	})
	counts := box.Counts()
	told.Requests, told.Writes = counts.Total, counts.Writes
	for _, m := range box.Outbox() {
		told.Mails = append(told.Mails, run.Mail{Kind: string(m.Kind), From: m.From, To: m.To, Subject: m.Subject})
	}
	report.Folder, report.Rehearsal = "", told
	return report, err
}

// client reaches the sandbox in this process, whatever host it takes it for.
func (s *Stage) client(box *sandbox.Sandbox, clock *Clock) (*graph.Client, error) {
	const here = "https://localhost"
	way := box.Transport()
	if s.Through != nil {
		way = s.Through(way)
	}
	return graph.New(graph.Config{
		Sandbox: &graph.Sandbox{
			Graph: here, Authority: here, TenantID: box.TenantID(), ClientID: box.ClientID(), ClientSecret: graph.Secret(box.ClientSecret()),
		},
		Transport: way, Now: clock.Now, Sleep: clock.Sleep, Properties: s.Properties, Extensions: s.Extensions,
	})
}

// watcher tells another one while the clock stands still.
type watcher struct {
	run.Watcher
	clock *Clock
}

// Step implements run.Watcher.
func (w watcher) Step(o apply.Outcome) { w.clock.Away(func() { w.Watcher.Step(o) }) }

// unhurried reads a snapshot while the clock stands still.
type unhurried struct {
	restore.Reader
	clock *Clock
}

// Blob implements restore.Reader.
func (u unhurried) Blob(name string) (data []byte, err error) {
	u.clock.Away(func() { data, err = u.Reader.Blob(name) })
	return data, err
}

// Lines implements restore.Reader. Whoever the lines are for may have to wait.
func (u unhurried) Lines(box snapshot.Mailbox, kind item.Kind, each func(snapshot.Line) error) (err error) {
	u.clock.Away(func() {
		err = u.Reader.Lines(box, kind, func(l snapshot.Line) error {
			u.clock.back.Add(1)
			defer u.clock.left.Add(1)
			return each(l)
		})
	})
	return err
}
