package exit_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/plan/decide"
	"github.com/riva-prep/riva-prep/pkg/restore"
	"github.com/riva-prep/riva-prep/pkg/rollout"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/scope"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

var errSome = errors.New("some\n\terror")

func TestCodesAndHints(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
		hint string
	}{
		{nil, exit.Done, ""},
		{exit.PartialIf(false), exit.Done, ""},
		{exit.PartialIf(true), exit.Partial, ""},
		{errSome, exit.Failed, ""},
		{exit.Wrong(errSome, "do this"), exit.Usage, "do this"},
		{exit.Refusal(errSome, "do that"), exit.Refused, "do that"},
		{exit.Next(nil, "go on"), exit.Done, ""},
		{exit.Next(errSome, ""), exit.Failed, ""},
		{exit.Next(exit.ErrPartial, "go on"), exit.Partial, "go on"},
		{exit.Next(durable.ErrFull, "go on"), exit.Failed, "make room on the disk of the store, then go on"},
		{exit.Next(durable.ErrLocked, "go on"), exit.Refused, "go on"},
		{exit.Wrong(plan.ErrEdited, ""), exit.Usage, ""},
		{mailbox.ErrSignIn, exit.Failed, "secret or certificate"},
		{plan.ErrRules, exit.Usage, "--help"},
		{plan.ErrNotPlan, exit.Usage, "--plan-out"},
		{plan.ErrCut, exit.Usage, ""},
		{decide.ErrList, exit.Usage, "plan export"},
		{decide.ErrHeld, exit.Refused, "leave held"},
		{plan.ErrCap, exit.Refused, "raise the cap"},
		{scope.ErrList, exit.Usage, ""},
		{scope.ErrExclude, exit.Usage, "riva-prep list"},
		{mailbox.ErrNotFound, exit.Usage, "object id"},
		{graph.ErrConfig, exit.Usage, ""},
		{graph.ErrCredentials, exit.Usage, ""},
		{graph.ErrNotLoopback, exit.Usage, ""},
		{plan.ErrEdited, exit.Refused, "another plan"},
		{run.ErrNotBegun, exit.Refused, "approve it by its digest"},
		{rollout.ErrFile, exit.Usage, "rollout.schema.json"},
		{rollout.ErrTwoWaves, exit.Usage, "rollout check"},
		{rollout.ErrOrder, exit.Refused, "rollout status"},
		{rollout.ErrState, exit.Refused, "each can be undone"},
		{run.ErrNotHere, exit.Refused, "--permanent"},
		{plan.ErrNewer, exit.Refused, "riva-prep version"},
		{plan.ErrUnsafe, exit.Refused, "another one"},
		{run.ErrOtherTenant, exit.Refused, "sign in to the tenant"},
		{restore.ErrTenant, exit.Refused, "sign in to the tenant"},
		{restore.ErrSelect, exit.Usage, "riva-prep snapshots"},
		{run.ErrNoRun, exit.Usage, "runs in the store"},
		{run.ErrOtherSnapshot, exit.Refused, "--dry-run"},
		{snapshot.ErrKey, exit.Refused, "without its key"},
		{fs.ErrPermission, exit.Failed, "read and write"},
		{snapshot.ErrDamaged, exit.Refused, "damaged backup"},
		{snapshot.ErrNoSnapshot, exit.Refused, "riva-prep snapshots"},
		{snapshot.ErrNewer, exit.Refused, ""},
		{journal.ErrDamaged, exit.Refused, "--against-mailbox"},
		{durable.ErrLocked, exit.Refused, "--store"},
		{durable.ErrFull, exit.Failed, "--store"},
		{apply.ErrBroken, exit.Failed, "report it"},
		{errors.New(`unknown command "lst" for "riva-prep"`), exit.Usage, "lists the commands"},
	} {
		for _, err := range []error{c.err, wrapped(c.err), joined(c.err)} {
			if got := exit.Code(t.Context(), err); got != c.code {
				t.Errorf("%v: code %d, not %d", err, got, c.code)
			}
			if err == nil {
				continue
			}
			if got := exit.Hint(err); (got == "") != (c.hint == "") || !strings.Contains(got, c.hint) {
				t.Errorf("%v: hint %q, not %q", err, got, c.hint)
			}
		}
	}
}

// wrapped leaves cobra's errors alone, which are known by their beginning.
func wrapped(err error) error {
	if err == nil || strings.HasPrefix(err.Error(), "unknown command") {
		return err
	}
	return fmt.Errorf("try: %w", err)
}

func joined(err error) error { return errors.Join(err, nil) }

func TestInterruptionGoesFirst(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	if got := exit.Sentence(ctx, errSome); got != "some error" {
		t.Errorf("%q", got)
	}
	if got := exit.Sentence(ctx, errors.Join(fmt.Errorf("write a: %w", durable.ErrFull), fmt.Errorf("write b: %w", durable.ErrFull))); got != "write a: disk is full" {
		t.Errorf("%q", got)
	}
	stop()
	for _, err := range []error{errSome, exit.Wrong(errSome, ""), exit.ErrPartial} {
		if code, said := exit.Code(ctx, err), exit.Sentence(ctx, err); code != exit.Interrupted || said != "interrupted" {
			t.Errorf("%v: code %d, %q", err, code, said)
		}
	}
}
