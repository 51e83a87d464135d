package fault

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrPlan says that a plan cannot be understood.
var ErrPlan = errors.New("no such fault")

// Always is the Plan.Times of a fault that never stops.
const Always = -1

// Plan is a fault and the requests it is for. The fields that are zero do not
// narrow it down.
type Plan struct {
	Fault Fault
	// Verb is the HTTP method.
	Verb string
	// Path is a pattern for the path below the version. A star stands for any
	// text, slashes included; case does not matter.
	Path string
	// Mailbox is the object id or user principal name of one user.
	Mailbox string
	// Times is how often it is played; 0 is the fault's own usual number, which
	// is 1 for most.
	Times int
	// After is how many requests that it is for are let through first. Which
	// ones these are depends on the order of arrival.
	After int
	// Chance is the probability that it is played on a request, above 0 and up
	// to 1; 0 stands for 1.
	Chance float64
	// Wait is how long a slow body stops, and what Retry-After asks for; 0 is 2 s.
	Wait time.Duration
}

// Check says what is wrong with a plan; the error is ErrPlan.
func (p Plan) Check() error {
	switch {
	case !slices.Contains(All(), p.Fault):
		return fmt.Errorf("%w as %q; the faults are %s", ErrPlan, p.Fault, strings.Join(Names(), ", "))
	case p.Chance < 0 || p.Chance > 1:
		return fmt.Errorf("%w with a chance of %v; it lies between 0 and 1", ErrPlan, p.Chance)
	case p.Times < Always || p.After < 0 || p.Wait < 0:
		return fmt.Errorf("%w a negative number of times or of seconds", ErrPlan)
	}
	return nil
}

// Names are the names of all faults.
func Names() []string {
	var all []string
	for _, f := range All() {
		all = append(all, string(f))
	}
	return all
}

// Parse reads a plan as NAME[,verb=GET][,path=*/contacts][,mailbox=ID]
// [,times=3|always][,after=10][,chance=0.1][,wait=5s]. The error is ErrPlan.
func Parse(text string) (Plan, error) {
	name, rest, more := strings.Cut(text, ",")
	plan := Plan{Fault: Fault(strings.TrimSpace(name))}
	if err := plan.Check(); err != nil {
		return Plan{}, err
	}
	if !more {
		return plan, nil
	}
	for option := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(option, "=")
		if err := plan.set(strings.TrimSpace(key), strings.TrimSpace(value)); err != nil {
			return Plan{}, fmt.Errorf("%w with %q: %w", ErrPlan, option, err)
		}
	}
	return plan, plan.Check()
}

var errOption = errors.New("the options are verb, path, mailbox, times, after, chance and wait, each with =VALUE")

func (p *Plan) set(key, value string) (err error) {
	if value == "" {
		return errOption
	}
	switch key {
	case "verb":
		p.Verb = strings.ToUpper(value)
	case "path":
		p.Path = value
	case "mailbox":
		p.Mailbox = value
	case "times":
		if p.Times = Always; value != "always" {
			p.Times, err = count(value, 1)
		}
	case "after":
		p.After, err = count(value, 0)
	case "chance":
		if p.Chance, err = strconv.ParseFloat(value, 64); err == nil && !(p.Chance > 0 && p.Chance <= 1) {
			err = errors.New("a chance is above 0 and at most 1")
		}
	case "wait":
		p.Wait, err = time.ParseDuration(value)
	default:
		return errOption
	}
	return err
}

func count(value string, least int) (int, error) {
	n, err := strconv.Atoi(value)
	if err == nil && n < least {
		err = fmt.Errorf("the least is %d", least)
	}
	return n, err
}

// usualWait is for plans that do not say.
const usualWait = 2 * time.Second

func (p Plan) wait() time.Duration {
	if p.Wait == 0 {
		return usualWait
	}
	return p.Wait
}

// pattern makes a test for paths of one with stars.
func pattern(text string) *regexp.Regexp {
	if text == "" {
		text = "*"
	}
	parts := strings.Split(text, "*")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return regexp.MustCompile("(?is)^/?" + strings.TrimPrefix(strings.Join(parts, ".*"), "/") + "$")
}

// isChange tells the requests that change something; a batch is none by itself.
func isChange(r *http.Request) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead && !isBatch(r)
}

func isGet(r *http.Request) bool { return r.Method == http.MethodGet }

func isBatch(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasSuffix(strings.ToLower(r.URL.Path), "/$batch")
}

func isAny(*http.Request) bool { return true }
