// Package tour shows the whole procedure on a tenant that exists only in this
// process: list, back up, dry run, purge, tag, verify. It goes the way that the
// commands go, over TLS and Graph, with Exchange's limits on.
//
// It promises that its figures are counted, not told: a tour whose sums do not
// agree, or that made Exchange mail anybody, ends with an error.
package tour

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/profile"
	"github.com/riva-prep/riva-prep/pkg/report"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/scope"
	"github.com/riva-prep/riva-prep/pkg/survey"
)

// ErrFigures says that what the tour counted in the end does not agree with
// what it had done.
var ErrFigures = errors.New("the demo went wrong")

// Options are what a tour needs from outside.
type Options struct {
	// Tenant is what is worked on, and changed. Its plug-in is Salesforce for
	// Outlook.
	Tenant *tenant.Tenant
	// Store is the folder for the backup, the runs and the reports.
	Store string
	// Out is told the story, and Table says how tables look there.
	Out   io.Writer
	Table report.Options
	// Tool and Holder name the program in plans, backups and locks.
	Tool   string
	Holder durable.Holder
	Now    func() time.Time
}

// category is what the tenant's plug-in puts on its items.
const category = "Sync with Salesforce"

// parallel mailboxes are worked on at a time.
const parallel = 4

// Run goes through the procedure.
func Run(ctx context.Context, o Options) (err error) {
	store, err := run.OpenStore(o.Store)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	box := sandbox.New(o.Tenant, sandbox.Options{Limits: true, Now: o.Now})
	return serve(ctx, box, func(ready sandbox.Ready) error {
		directory, err := connect(ready, o.Now)
		if err != nil {
			return err
		}
		defer directory.Close()
		known, err := profile.Builtin()
		if err != nil {
			return err
		}
		s := &story{
			Options: o, ctx: ctx, sandbox: box, directory: directory, store: store,
			survey: survey.Survey{Directory: directory, Selection: scope.Selection{All: true}, Kinds: item.Kinds(), Known: known, Parallel: parallel},
		}
		return s.play()
	})
}

// serve runs visit while the sandbox answers. An interrupted visit still gets
// its answers, so that it ends by its own will.
func serve(ctx context.Context, box *sandbox.Sandbox, visit func(sandbox.Ready) error) (err error) {
	server, err := box.Listen("127.0.0.1:0")
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() { served <- server.Serve(serving) }()
	defer func() {
		stop()
		err = errors.Join(err, <-served, server.Close())
	}()
	return visit(server.Ready())
}

func connect(ready sandbox.Ready, now func() time.Time) (*graph.Client, error) {
	return graph.New(graph.Config{Now: now, Sandbox: &graph.Sandbox{
		Graph: ready.Graph, Authority: ready.Authority, TenantID: ready.TenantID, ClientID: ready.ClientID,
		ClientSecret: graph.Secret(ready.ClientSecret), CAFile: ready.CAFile, Control: ready.Control,
	}})
}

// purgeRules and tagRules are what an administrator would ask for.
func purgeRules() plan.Rules {
	return plan.Rules{Purpose: plan.Purge, Categories: []string{category}, Protect: marker.Protected()}
}

func tagRules() plan.Rules {
	return plan.Rules{Purpose: plan.TagPersonal, Categories: []string{category}, Tag: "Personal", Colour: "preset4"}
}
