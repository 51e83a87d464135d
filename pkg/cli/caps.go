package cli

import (
	"errors"
	"math"
	"strconv"

	"github.com/spf13/pflag"

	"github.com/riva-prep/riva-prep/pkg/plan"
)

// capFlags are the most that a command may delete. There is no cap unless one
// is named: what is sensible differs between a trial and a wave, and a number
// that is always there is soon raised without looking.
type capFlags struct{ plan.Caps }

func (f *capFlags) add(flags *pflag.FlagSet) {
	flags.Var(count{&f.Deletes}, "max-delete", "do nothing if the plan deletes more than `N` items (default no cap)")
	flags.Var(count{&f.PerMailbox}, "max-delete-per-mailbox", "do nothing if it deletes more than `N` items of any mailbox (default no cap)")
	flags.Var(percent{&f.Percent}, "max-delete-percent", "do nothing if it deletes more than `P` percent of the items looked at in any mailbox (default no cap)")
}

// errNoCap: a cap that allows nothing would stop every plan that deletes anything.
var errNoCap = errors.New("it must be above 0; without the flag there is no cap")

// count is a number of items above 0.
type count struct{ to *int }

func (c count) String() string { return "" }
func (c count) Type() string   { return "number" }

func (c count) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil {
		return errors.New("it is not a whole number")
	}
	if n < 1 {
		return errNoCap
	}
	*c.to = n
	return nil
}

// percent is a share above 0, up to 100.
type percent struct{ to *float64 }

func (p percent) String() string { return "" }
func (p percent) Type() string   { return "number" }

func (p percent) Set(text string) error {
	n, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || math.IsNaN(n) || n > 100:
		return errors.New("it is not a number up to 100")
	case n <= 0:
		return errNoCap
	}
	*p.to = n
	return nil
}
