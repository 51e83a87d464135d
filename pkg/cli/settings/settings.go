// Package settings gives flags the values that stand elsewhere: in variables of
// the environment and in a file.
//
// There is one rule: what is typed goes before RIVA_PREP_… in the environment,
// and that before the file. The flags that choose mailboxes are one choice: who
// types one of them gets none of the others from elsewhere. The flags that
// protect add up: what stands anywhere counts.
//
// It promises that a name that no flag has is an error, with its line, and so is
// a value that its flag does not take. It refuses to take from elsewhere what a
// person is to decide anew each time: approvals, and what makes a command do
// more than it does by itself.
package settings

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
)

// prefix begins the names of variables.
const prefix = "RIVA_PREP_"

// Typed are the flags that are taken from the command line alone.
func Typed() []string {
	return []string{
		"all", "approve", "canary", "canary-ok", "config", "fault", "generic", "help", "import-meetings", "include-rooms", "item", "meetings", "only-missing",
		"permanent", "plug-in-off", "recent-changes-ok", "resume", "server-active-ok", "tag-meetings", "to-mailbox", "wave",
	}
}

// protecting are the flags that keep something out of harm's way.
func protecting() []string { return []string{"exclude", "protect"} }

// replaced says of a flag whether the value that goes before is the only one.
func replaced(flag string) bool { return !slices.Contains(protecting(), flag) }

// choice are the flags that together choose mailboxes.
func choice() []string { return []string{"all", "group", "mailbox", "mailboxes"} }

// Variable is the name of a flag's variable.
func Variable(flag string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// Value is a setting and where it comes from.
type Value struct {
	Key    string   `json:"key"`
	Values []string `json:"values"`
	From   string   `json:"from"`
	list   bool
}

// Sources are where settings may stand.
type Sources struct {
	// Environ are the variables, each as NAME=value.
	Environ []string
	// File is the file's name, for messages, and Entries what it holds.
	File    string
	Entries []Entry
}

// Read checks every setting against the flags that there are, of any command,
// and returns those that count: of two of one key the variable, or both if they
// protect.
func Read(s Sources, flags []string) ([]Value, error) {
	var values []Value
	for _, variable := range s.Environ {
		name, text, _ := strings.Cut(variable, "=")
		key, ours := strings.CutPrefix(name, prefix)
		if !ours || text == "" {
			continue
		}
		key = strings.ToLower(strings.ReplaceAll(key, "_", "-"))
		if key == "config" {
			continue
		}
		if err := known(key, name, flags); err != nil {
			return nil, err
		}
		values = append(values, Value{Key: key, Values: []string{text}, From: name})
	}
	chosen := slices.ContainsFunc(values, func(v Value) bool { return slices.Contains(choice(), v.Key) })
	for _, e := range s.Entries {
		at := fmt.Sprintf("%s, line %d", s.File, e.Line)
		if err := known(e.Key, at, flags); err != nil {
			return nil, err
		}
		over := replaced(e.Key) && slices.ContainsFunc(values, func(v Value) bool { return v.Key == e.Key })
		if !over && (!chosen || !slices.Contains(choice(), e.Key)) {
			values = append(values, Value{e.Key, e.Values, at, e.List})
		}
	}
	return values, nil
}

func known(key, at string, flags []string) error {
	switch {
	case slices.Contains(Typed(), key):
		return exit.Wrong(fmt.Errorf("%s: --%s is taken from the command line only", at, key), "it is to be decided anew each time")
	case !slices.Contains(flags, key):
		return exit.Wrong(fmt.Errorf("%s: no command has a flag --%s", at, key), "riva-prep config lists the settings that there are")
	}
	return nil
}

// Apply sets those flags of a command that were not typed, and adds to those that
// protect. It returns the values that were used.
func Apply(flags *pflag.FlagSet, values []Value) ([]Value, error) {
	chosen, typed := slices.ContainsFunc(choice(), flags.Changed), map[string]bool{}
	flags.Visit(func(f *pflag.Flag) { typed[f.Name] = true })
	var used []Value
	for _, v := range values {
		flag := flags.Lookup(v.Key)
		if flag == nil || typed[v.Key] && replaced(v.Key) || chosen && slices.Contains(choice(), v.Key) {
			continue
		}
		if err := set(flags, flag, v); err != nil {
			return nil, exit.Wrong(fmt.Errorf("%s: --%s: %w", v.From, v.Key, err), "riva-prep config shows where each setting comes from")
		}
		used = append(used, v)
	}
	return used, nil
}

// set gives a flag its values. A variable for a flag that may be repeated holds
// one value a line, or several with semicolons between them.
func set(flags *pflag.FlagSet, flag *pflag.Flag, v Value) error {
	values, repeated := v.Values, strings.HasSuffix(flag.Value.Type(), "Array") || strings.HasSuffix(flag.Value.Type(), "Slice")
	switch {
	case v.list && !repeated:
		return errors.New("it takes one value, not a list")
	case repeated && strings.HasPrefix(v.From, prefix):
		values = strings.FieldsFunc(values[0], func(r rune) bool { return r == '\n' || r == '\r' || r == ';' })
	}
	for _, value := range values {
		if err := flags.Set(flag.Name, strings.TrimSpace(value)); err != nil {
			return fmt.Errorf("%q is no such value", value)
		}
	}
	return nil
}
