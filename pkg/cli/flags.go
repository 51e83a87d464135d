package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/pflag"

	"github.com/riva-prep/riva-prep/pkg/backup"
	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/report"
	"github.com/riva-prep/riva-prep/pkg/scope"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// scopeFlags choose the mailboxes and the kinds of items.
type scopeFlags struct {
	names, groups, exclude []string
	list                   string
	all                    bool
	kinds                  []string
	parallel               int
	// stdin is what "-" names.
	stdin io.Reader
	// lasting are the last of exclude, which stand in the settings.
	lasting []string
}

func (f *scopeFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.names, "mailbox", nil, "a mailbox, by address, user principal name or object id (repeatable)")
	flags.StringVar(&f.list, "mailboxes", "", "a `FILE` of mailboxes: CSV with a header, or one address a line; - reads standard input")
	flags.StringArrayVar(&f.groups, "group", nil, "all members of a group, by address, name or object id (repeatable)")
	flags.BoolVar(&f.all, "all", false, "every user of the tenant who has a mailbox")
	flags.StringArrayVar(&f.exclude, "exclude", nil, "a mailbox to leave out, besides those of the settings (repeatable)")
	flags.StringSliceVar(&f.kinds, "kinds", nil, "contacts, events, tasks (default all three)")
	flags.IntVar(&f.parallel, "parallel", defaultParallel(), "mailboxes worked on at a time")
}

func atLeastOne(parallel int) error {
	if parallel < 1 {
		return exit.Wrong(fmt.Errorf("--parallel %d: at least one mailbox at a time", parallel), "leave the flag out for a sensible number")
	}
	return nil
}

// request is what a command on mailboxes has settled before anything is sent.
type request struct {
	selection scope.Selection
	kinds     []item.Kind
	parallel  int
	format    report.Format
}

// settle reads the list file and checks everything that needs no request.
func settle(f scopeFlags, o outputFlags) (request, error) {
	r := request{parallel: f.parallel}
	var err error
	if r.selection, err = f.selection(); err != nil {
		return r, err
	}
	if r.kinds, err = parseKinds(f.kinds); err != nil {
		return r, exit.Wrong(err, "--kinds contacts,events,tasks chooses all of them")
	}
	if r.selection.Empty() {
		return r, exit.Wrong(errors.New("no mailbox is named"), "use --mailbox, --mailboxes FILE, --group or --all")
	}
	if err := atLeastOne(f.parallel); err != nil {
		return r, err
	}
	r.format, err = o.parse()
	return r, err
}

func (f *scopeFlags) selection() (scope.Selection, error) {
	s := scope.Selection{Names: f.names, Groups: f.groups, All: f.all, Exclude: f.exclude[:len(f.exclude)-len(f.lasting)], Lasting: f.lasting}
	if f.list == "" {
		return s, nil
	}
	names, err := readList(f.list, f.stdin)
	s.Names = append(names, s.Names...)
	return s, err
}

func readList(name string, stdin io.Reader) ([]string, error) {
	const hint = "--mailboxes takes a CSV file with a header, or one address a line"
	data, err := readInput(name, stdin)
	if err != nil {
		return nil, exit.Wrong(fmt.Errorf("the list of mailboxes cannot be read: %w", err), hint)
	}
	names, err := scope.ParseList(bytes.NewReader(data))
	if err != nil {
		if name == "-" {
			name = "standard input"
		}
		return nil, exit.Wrong(fmt.Errorf("%s: %w", name, err), hint)
	}
	return names, nil
}

// readInput reads a file, or standard input for "-".
func readInput(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(stdin)
	}
	return os.ReadFile(name)
}

func parseKinds(words []string) ([]item.Kind, error) {
	if len(words) == 0 {
		return item.Kinds(), nil
	}
	var kinds []item.Kind
	for _, word := range words {
		kind, err := item.ParseKind(word)
		if err != nil {
			return nil, err
		}
		kinds = append(kinds, kind)
	}
	return kinds, nil
}

// outputFlags choose how a result is shown.
type outputFlags struct {
	format string
	pages
}

// pages are the files that are written for people, each empty for none.
type pages struct {
	// html is one file about everything, sheets a folder with one for each user.
	html, sheets string
	// closed: no list of decisions is taken for what they show.
	closed bool
}

func (f *outputFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.format, "output", "table", "table, json, csv or markdown")
}

func (f *outputFlags) addReport(flags *pflag.FlagSet) {
	f.addPage(flags)
	flags.StringVar(&f.sheets, "per-user", "", "write a report for the user of each mailbox, and a list of them, into `DIR`, which must be new or empty")
}

// addPage is for what has no report for each user.
func (f *outputFlags) addPage(flags *pflag.FlagSet) {
	flags.StringVar(&f.html, "report", "", "write a report for people to `FILE` (HTML)")
}

func (f *outputFlags) parse() (report.Format, error) {
	if err := f.free(); err != nil {
		return "", err
	}
	format, err := report.ParseFormat(f.format)
	if err != nil {
		return "", exit.Wrong(err, "--output takes table, json, csv or markdown")
	}
	return format, nil
}

// free refuses a folder that has something in it: sheets of another plan would
// be sent along. It is asked before anything is done.
func (p pages) free() error {
	if p.sheets == "" {
		return nil
	}
	there, err := os.ReadDir(p.sheets)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return exit.Wrong(fmt.Errorf("the folder for the users' reports cannot be used: %w", err), "--per-user names a folder, new or empty")
	case len(there) > 0:
		return exit.Wrong(fmt.Errorf("%s is not empty, and old reports could be sent with the new ones", p.sheets), "name a new or an empty folder with --per-user")
	}
	return nil
}

// storeFlag chooses the folder of snapshots and runs.
type storeFlag struct{ path string }

func (f *storeFlag) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.path, "store", "riva-prep-store", "the `DIR` that holds backups and runs")
}

// copyFlags choose what is copied of an item, and how the copy is kept.
type copyFlags struct {
	streams string
	rest    restFlags
}

// add binds what the connection must know there: named properties come with the
// items, and only if they are asked for.
func (f *copyFlags) add(flags *pflag.FlagSet, conn *connection) {
	flags.StringVar(&f.streams, "streams", string(backup.Auto),
		"Exchange's export streams in the backup: auto takes what there is, require copies nothing without, off asks for none")
	flags.StringArrayVar(&conn.properties, "extended-property", nil,
		"back up a named property too, as \"String {guid} Name name\", by its `ID` (repeatable)")
	flags.StringArrayVar(&conn.extensions, "extension", nil, "back up an open extension too, by its `NAME` (repeatable)")
	f.rest.add(flags)
}

// copies is how a backup is to be taken.
type copies struct {
	backup.Options
	rest snapshot.Options
}

func (f *copyFlags) parse() (c copies, err error) {
	if c.Streams, err = backup.ParseStreams(f.streams); err != nil {
		return c, exit.Wrong(err, "--streams takes auto, require or off")
	}
	c.rest, err = f.rest.options()
	return c, err
}
