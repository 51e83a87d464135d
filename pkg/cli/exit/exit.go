// Package exit turns errors into what a shell and a person get: an exit code,
// one sentence, and a hint what to do next.
//
// It promises that silence is never success: whatever is not known to be
// something milder is a failure.
package exit

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/plan/decide"
	"github.com/riva-prep/riva-prep/pkg/profile"
	"github.com/riva-prep/riva-prep/pkg/restore"
	"github.com/riva-prep/riva-prep/pkg/rollout"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/scope"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// The exit codes, documented in the root command's help and in docs/guarantees.md.
const (
	Done        = 0
	Failed      = 1
	Usage       = 2
	Partial     = 3
	Refused     = 4
	Interrupted = 130
)

// failure is an error whose exit code and hint were known where it arose.
type failure struct {
	code int
	err  error
	hint string
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// next is an error with what to do next, whatever its code.
type next struct {
	err  error
	hint string
}

func (n *next) Error() string { return n.err.Error() }
func (n *next) Unwrap() error { return n.err }

// Next adds to an error what to do next, unless there is neither.
func Next(err error, hint string) error {
	if err == nil || hint == "" {
		return err
	}
	return &next{err, hint}
}

// Wrong is wrong input: nothing was sent.
func Wrong(err error, hint string) error { return &failure{Usage, err, hint} }

// Refusal is a safety rule that said no.
func Refusal(err error, hint string) error { return &failure{Refused, err, hint} }

// ErrPartial ends a command that has already shown what was not done.
var ErrPartial = errors.New("done in part")

// PartialIf is ErrPartial if something was left out, which has been shown.
func PartialIf(some bool) error {
	if some {
		return ErrPartial
	}
	return nil
}

// unknownCommand is how cobra's error begins, which has no type.
const unknownCommand = "unknown command"

// Code is the one place where errors become exit codes.
func Code(ctx context.Context, err error) int {
	known, _ := errors.AsType[*failure](err)
	switch {
	case err == nil:
		return Done
	case ctx.Err() != nil:
		return Interrupted
	case known != nil:
		return known.code
	case isAny(err, plan.ErrRules, plan.ErrNotPlan, plan.ErrCut, decide.ErrList, scope.ErrList, scope.ErrExclude, mailbox.ErrNotFound, run.ErrNoRun, restore.ErrSelect,
		profile.ErrFile, profile.ErrUnknown, profile.ErrNothing, rollout.ErrFile, rollout.ErrTwoWaves,
		graph.ErrConfig, graph.ErrCredentials, graph.ErrNotLoopback):
		return Usage
	case isAny(err, plan.ErrEdited, plan.ErrNewer, plan.ErrUnsafe, plan.ErrCap, decide.ErrHeld, run.ErrOtherTenant, run.ErrNotHere, run.ErrNotBegun,
		snapshot.ErrDamaged, snapshot.ErrNoSnapshot, snapshot.ErrNewer, snapshot.ErrKey, restore.ErrTenant, run.ErrOtherSnapshot, journal.ErrDamaged, durable.ErrLocked,
		rollout.ErrState, rollout.ErrOrder):
		return Refused
	case errors.Is(err, ErrPartial):
		return Partial
	case strings.HasPrefix(err.Error(), unknownCommand):
		return Usage
	}
	return Failed
}

func isAny(err error, targets ...error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// Sentence is what a person is told: one line, the cause included.
func Sentence(ctx context.Context, err error) string {
	if ctx.Err() != nil {
		return "interrupted"
	}
	text := err.Error()
	if errors.Is(err, durable.ErrFull) { // what could not be written after that says the same
		text, _, _ = strings.Cut(text, "\n")
	}
	return strings.Join(strings.Fields(text), " ")
}

// Hint says what to do next, if there is something to say.
func Hint(err error) string {
	known, _ := errors.AsType[*failure](err)
	after, _ := errors.AsType[*next](err)
	switch {
	case err == nil:
		return ""
	case after != nil && errors.Is(err, durable.ErrFull):
		return "make room on the disk of the store, then " + after.hint
	case after != nil:
		return after.hint
	case known != nil:
		return known.hint
	case errors.Is(err, mailbox.ErrSignIn):
		return "check the app's tenant id, client id and secret or certificate; riva-prep prints none of them"
	case errors.Is(err, plan.ErrRules):
		return "--help after the command's name says what it needs"
	case errors.Is(err, scope.ErrExclude):
		return "look the name up with riva-prep list"
	case errors.Is(err, mailbox.ErrNotFound):
		return "give a mailbox by its address, user principal name or object id, a group by its address, display name or object id"
	case errors.Is(err, durable.ErrLocked):
		return "two commands on one store would undo each other's care; --store names another one"
	case errors.Is(err, durable.ErrFull):
		return "make room, or name another place with --store; an unfinished backup's folder may be deleted"
	case strings.HasPrefix(err.Error(), unknownCommand):
		return "riva-prep --help lists the commands"
	case errors.Is(err, run.ErrNoRun):
		return "a run's name is that of its folder under runs in the store; --store names another one"
	case isAny(err, restore.ErrSelect, snapshot.ErrNoSnapshot):
		return "riva-prep snapshots lists the backups in the store, riva-prep snapshots show what one holds"
	case errors.Is(err, snapshot.ErrKey):
		return "without its key an encrypted backup can be verified, and nothing can be made of it"
	case errors.Is(err, run.ErrNotBegun):
		return "apply the plan.json in the run's folder, and approve it by its digest"
	case errors.Is(err, run.ErrNotHere):
		return "only the global cloud has permanentDelete; make the plan without --permanent"
	case isAny(err, restore.ErrTenant, run.ErrOtherTenant):
		return "sign in to the tenant that it is of: AZURE_TENANT_ID, or --sandbox, says which one is meant"
	case errors.Is(err, run.ErrOtherSnapshot):
		return "look at the new plan with --dry-run, and approve its digest"
	case errors.Is(err, journal.ErrDamaged):
		return "what the run did is in doubt; verify --against-mailbox shows what is missing, and restore brings it back from a backup"
	case errors.Is(err, snapshot.ErrDamaged):
		return "nothing is made of a damaged backup; take another one"
	case errors.Is(err, plan.ErrCap):
		return "look at the plan; if it is right, raise the cap, and approve the same digest"
	case errors.Is(err, decide.ErrList):
		return "write the list anew with riva-prep plan export, and change nothing in it but the decisions"
	case errors.Is(err, decide.ErrHeld):
		return "leave held in that row; options of the command that made the plan say what may be done all the same"
	case errors.Is(err, plan.ErrNotPlan):
		return "a plan is what --plan-out keeps, and plan.json in a run's folder; --output json is for looking at"
	case errors.Is(err, plan.ErrNewer):
		return "riva-prep version says which version this is"
	case errors.Is(err, plan.ErrUnsafe):
		return "no riva-prep makes such a plan; make another one, and look at who wrote this"
	case errors.Is(err, apply.ErrBroken):
		return "this is a fault of riva-prep: keep the run's folder and its backup, and report it"
	case errors.Is(err, plan.ErrEdited):
		return "a plan is approved by its digest; to decide otherwise, make another plan, or a new one of it with riva-prep plan import"
	case errors.Is(err, fs.ErrPermission):
		return "look who may read and write there, or name another place"
	}
	return fileHint(err)
}

// fileHint is about the files that people write, and what is made of them.
func fileHint(err error) string {
	switch {
	case errors.Is(err, profile.ErrUnknown):
		return "riva-prep profiles lists them; a file of your own is named by --profile-file, or with its path"
	case errors.Is(err, profile.ErrFile):
		return "docs/schema/profile.schema.json describes profiles, and riva-prep discover --profile-out writes one to begin with"
	case errors.Is(err, profile.ErrNothing):
		return "--generic takes a word in; riva-prep discover --profile-out makes a profile of what is there"
	case errors.Is(err, rollout.ErrOrder):
		return "riva-prep rollout status shows every mailbox; riva-prep rollout run with the earlier wave goes on with it; a mailbox named under exclude keeps nobody waiting"
	case errors.Is(err, rollout.ErrState):
		return "the runs of the rollout are whole all the same, and each can be undone; go on with purge and tag-personal, or with another version"
	case isAny(err, rollout.ErrFile, rollout.ErrTwoWaves):
		return "riva-prep rollout check says what else is wrong; docs/schema/rollout.schema.json describes rollout files"
	}
	return ""
}
