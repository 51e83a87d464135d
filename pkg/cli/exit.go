package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/scope"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// The exit codes, documented in the root command's help and in docs/guarantees.md.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitPartial     = 3
	exitRefused     = 4
	exitInterrupted = 130
)

// usageError is wrong input: nothing was sent.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usage(err error, hint string) error { return &usageError{err, hint} }

// refusal is a safety rule that said no.
type refusal struct {
	err  error
	hint string
}

func (e *refusal) Error() string { return e.err.Error() }
func (e *refusal) Unwrap() error { return e.err }

// partial ends a command that has already shown what was not done.
type partial struct{}

func (*partial) Error() string { return "done in part" }

// unknownCommand is how cobra's error begins, which has no type.
const unknownCommand = "unknown command"

// exitCode is the one place where errors become exit codes.
func exitCode(ctx context.Context, err error) int {
	var (
		wrong   *usageError
		refused *refusal
		some    *partial
	)
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.As(err, &wrong), isAny(err, plan.ErrRules, plan.ErrNotPlan, scope.ErrList, scope.ErrExclude, mailbox.ErrNotFound,
		graph.ErrConfig, graph.ErrCredentials, graph.ErrNotLoopback):
		return exitUsage
	case errors.As(err, &refused), isAny(err, plan.ErrEdited, plan.ErrNewer, plan.ErrUnsafe, run.ErrOtherTenant,
		snapshot.ErrDamaged, snapshot.ErrNoSnapshot, snapshot.ErrNewer, journal.ErrDamaged, durable.ErrLocked):
		return exitRefused
	case errors.As(err, &some):
		return exitPartial
	case strings.HasPrefix(err.Error(), unknownCommand):
		return exitUsage
	}
	return exitFailed
}

func isAny(err error, targets ...error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// sentence is what a person is told: one line, the cause included.
func sentence(ctx context.Context, err error) string {
	if ctx.Err() != nil {
		return "interrupted"
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}

// hintFor says what to do next.
func hintFor(err error) string {
	var (
		wrong   *usageError
		refused *refusal
	)
	switch {
	case errors.As(err, &wrong):
		return wrong.hint
	case errors.As(err, &refused):
		return refused.hint
	case errors.Is(err, mailbox.ErrSignIn):
		return "check the app's tenant id, client id and secret or certificate; riva-prep prints none of them"
	case errors.Is(err, plan.ErrRules):
		return "riva-prep purge --help and riva-prep tag-personal --help say what is needed"
	case errors.Is(err, scope.ErrExclude):
		return "look the name up with riva-prep list"
	case errors.Is(err, mailbox.ErrNotFound):
		return "give a group by its address, display name or object id"
	case errors.Is(err, durable.ErrLocked):
		return "two commands on one store would undo each other's care; --store names another one"
	case strings.HasPrefix(err.Error(), unknownCommand):
		return "riva-prep --help lists the commands"
	case errors.Is(err, plan.ErrEdited):
		return "a plan is approved by its digest; to decide otherwise, make another plan"
	}
	return ""
}
