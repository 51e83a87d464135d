// Package play reads the flags that say how the sandbox plays Microsoft: how
// fast, in which cloud, with which of the undocumented answers.
//
// It promises that a wrong word is refused before anything is served, with a
// list of the right ones. It serves nothing.
package play

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/access"
	"github.com/riva-prep/riva-prep/pkg/sandbox/fault"
	"github.com/riva-prep/riva-prep/pkg/sandbox/graphapi"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rules"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// Flags are what was asked for. The zero value has the defaults once Add has
// been called.
type Flags struct {
	options      sandbox.Options
	limits       string
	facts        []string
	switches     []string
	states       []string
	withoutRoles []string
	faults       []string
	cloud        string
	retryAfter   string
}

// Add declares the flags.
func (f *Flags) Add(flags *pflag.FlagSet) {
	flags.DurationVar(&f.options.Latency, "latency", 0, "how long each request is in service, as 80ms")
	flags.DurationVar(&f.options.Network, "network", 0, "how long it is on its way, and the answer on the way back")
	flags.DurationVar(&f.options.Ahead, "clock-ahead", 0, "how far its clock is ahead of this machine's, as 10m or -10m")
	flags.Float64Var(&f.options.Spread, "spread", 0, "how far single times lie from those two, from 0 to 1")
	flags.Uint64Var(&f.options.Seed, "seed", 0, "the number that all chances follow from")
	flags.StringVar(&f.limits, "limits", "on", "Exchange's limits: on or off")
	flags.StringVar(&f.retryAfter, "retry-after", string(graphapi.Seconds), "`FORM` of that header: "+list(graphapi.RetryForms()))
	flags.StringArrayVar(&f.facts, "fact", nil, "settle what Microsoft does not document, as `NAME=yes|no|unknown`; names are"+lines(rules.FactNames()))
	flags.StringArrayVar(&f.switches, "switch", nil, "`NAME` of a misbehaviour to switch on; names are"+lines(rules.SwitchNames()))
	flags.StringArrayVar(&f.states, "state", nil, "`ADDRESS=STATE` of a mailbox; states are "+list(tenant.States())+"\n(moving:90s says for how long)")
	flags.StringArrayVar(&f.withoutRoles, "without-role", nil, "a `ROLE` that the app was not granted, as Tasks.ReadWrite.All")
	flags.StringArrayVar(&f.faults, "fault", nil, "`NAME` of what goes wrong, with ,verb=GET ,path=*/contacts ,mailbox=ID ,times=N|always\n"+
		",after=N ,chance=0.1 ,wait=5s as needed; names are"+lines(fault.Names()))
	flags.StringVar(&f.cloud, "cloud-profile", string(access.Global), "the `CLOUD` that is played: "+list(access.Clouds()))
}

// Options are the sandbox's, for the tenant, whose mailboxes get their states.
func (f *Flags) Options(t *tenant.Tenant) (sandbox.Options, error) {
	o := f.options
	switch {
	case f.limits != "on" && f.limits != "off":
		return o, exit.Wrong(fmt.Errorf("--limits %q", f.limits), "--limits takes on or off")
	case o.Latency < 0 || o.Network < 0:
		return o, exit.Wrong(errors.New("a time is negative"), "--latency and --network take a duration such as 80ms")
	case !(o.Spread >= 0 && o.Spread <= 1): // which NaN is not either
		return o, exit.Wrong(fmt.Errorf("--spread %g", o.Spread), "--spread takes a number from 0 to 1")
	}
	o.Limits = f.limits == "on"
	o.Cloud, o.RetryAfter = access.Cloud(f.cloud), graphapi.RetryForm(f.retryAfter)
	err := errors.Join(known("--cloud-profile", o.Cloud, access.Clouds()), known("--retry-after", o.RetryAfter, graphapi.RetryForms()),
		each("--fact", f.facts, o.Facts.Set), each("--switch", f.switches, o.Switches.Set))
	o.Roles = sandbox.AllRoles()
	err = errors.Join(err, each("--without-role", f.withoutRoles, func(role string) error {
		n := slices.IndexFunc(o.Roles, func(one string) bool { return strings.EqualFold(one, role) })
		if n < 0 {
			return fmt.Errorf("the app has %s", list(o.Roles))
		}
		o.Roles = slices.Delete(o.Roles, n, n+1)
		return nil
	}), each("--state", f.states, func(text string) error {
		name, state, _ := strings.Cut(text, "=")
		return t.SetState(name, state)
	}), each("--fault", f.faults, func(text string) error {
		plan, err := fault.Parse(text)
		if _, known := t.Mailbox(plan.Mailbox); err == nil && plan.Mailbox != "" && !known {
			err = fmt.Errorf("no mailbox is called %s", plan.Mailbox)
		}
		o.Faults = append(o.Faults, plan)
		return err
	}))
	if err != nil {
		return o, exit.Wrong(err, "see riva-prep sandbox serve --help")
	}
	return o, nil
}

// each sets what every text of a flag asks for; the error names the first that
// cannot be set.
func each(flag string, texts []string, set func(string) error) error {
	for _, text := range texts {
		if err := set(text); err != nil {
			return fmt.Errorf("%s %s: %w", flag, text, err)
		}
	}
	return nil
}

func known[T ~string](flag string, given T, all []T) error {
	if slices.Contains(all, given) {
		return nil
	}
	return fmt.Errorf("%s %s: there are %s", flag, given, list(all))
}

func list[T ~string](all []T) string {
	texts := make([]string, 0, len(all))
	for _, one := range all {
		texts = append(texts, string(one))
	}
	return strings.Join(texts, ", ")
}

// lines lists names one below the other, as help shows long lists.
func lines(names []string) string { return "\n  " + strings.Join(names, "\n  ") }
