package rules

import (
	"fmt"
	"strings"
)

// Switches are misbehaviours of Graph's that come and go. They were seen in the
// field and are documented nowhere; all are off unless they are switched on.
type Switches struct {
	// FolderNameInCategories: some contacts that are created in a contact folder
	// get the folder's name as a category more.
	FolderNameInCategories bool
	// TransientConflicts: some changes and deletes are refused by 412 or 409,
	// whatever their version, and go through when tried again.
	TransientConflicts bool
	// MissingTaskLists: /todo/lists has the list of flagged mails only, though
	// /todo/lists/delta has all.
	MissingTaskLists bool
	// MissingRecurrences: a list of tasks that includes completed ones shows no
	// task's recurrence; a GET of one task does.
	MissingRecurrences bool
	// DeletedCalendarsListed: /calendars goes on to show calendars that the user
	// deleted, of which nothing can be read.
	DeletedCalendarsListed bool
	// TooManyInstances: /instances of a window with hundreds of them is answered
	// by 503 without a body, each time. How many are too many nobody knows.
	TooManyInstances bool
}

// named is a name with what it sets.
type named[T any] struct {
	name  string
	value *T
}

// facts are the facts by the names that people give them.
func (f *Facts) named() []named[Fact] {
	return []named[Fact]{
		{"categories-patch-mails", &f.CategoriesPatchMails},
		{"past-meeting-delete-mails", &f.PastMeetingDeleteMails},
		{"draft-meeting-delete-mails", &f.DraftMeetingDeleteMails},
		{"cancelled-meeting-delete-mails", &f.CancelledMeetingDeleteMails},
		{"if-match-on-patch", &f.IfMatchOnPatch},
		{"if-match-on-delete", &f.IfMatchOnDelete},
		{"if-match-on-tasks", &f.IfMatchOnTasks},
		{"permanent-delete-mails", &f.PermanentDeleteMails},
		{"import-mails", &f.ImportMails},
		{"display-name-recomputed", &f.DisplayNameRecomputed},
	}
}

func (s *Switches) named() []named[bool] {
	return []named[bool]{
		{"folder-name-in-categories", &s.FolderNameInCategories},
		{"transient-conflicts", &s.TransientConflicts},
		{"missing-task-lists", &s.MissingTaskLists},
		{"missing-recurrences", &s.MissingRecurrences},
		{"deleted-calendars-listed", &s.DeletedCalendarsListed},
		{"too-many-instances", &s.TooManyInstances},
	}
}

func namesOf[T any](all []named[T]) []string {
	out := make([]string, 0, len(all))
	for _, one := range all {
		out = append(out, one.name)
	}
	return out
}

// find gives what a name sets; the error lists all names.
func find[T any](what, name string, all []named[T]) (*T, error) {
	for _, one := range all {
		if strings.EqualFold(one.name, name) {
			return one.value, nil
		}
	}
	return nil, fmt.Errorf("%q is no %s; there are %s", name, what, strings.Join(namesOf(all), ", "))
}

// FactNames are the names that [Facts.Set] takes.
func FactNames() []string { return namesOf((&Facts{}).named()) }

// Set sets a fact from a text such as categories-patch-mails=no.
func (f *Facts) Set(text string) error {
	name, value, _ := strings.Cut(text, "=")
	fact, err := find("fact", name, f.named())
	if err != nil {
		return err
	}
	for _, one := range []Fact{Unknown, Yes, No} {
		if strings.EqualFold(value, one.String()) {
			*fact = one
			return nil
		}
	}
	return fmt.Errorf("the fact %s is yes, no or unknown, not %q", name, value)
}

// SwitchNames are the names that [Switches.Set] takes.
func SwitchNames() []string { return namesOf((&Switches{}).named()) }

// Set switches on what is named.
func (s *Switches) Set(name string) error {
	one, err := find("switch", name, s.named())
	if err == nil {
		*one = true
	}
	return err
}
