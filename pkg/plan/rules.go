package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/marker"
)

// ErrRules says that rules are empty where that would be dangerous, or that
// they contradict each other.
var ErrRules = errors.New("rules cannot be followed")

// Purpose is the job that a plan does.
type Purpose string

// The jobs, by the names of their commands.
const (
	Purge       Purpose = "purge"
	TagPersonal Purpose = "tag-personal"
	Restore     Purpose = "restore"
	Undo        Purpose = "undo"
)

// Rules say what to do with which items.
type Rules struct {
	Purpose Purpose     `json:"purpose"`
	Kinds   []item.Kind `json:"kinds"`
	// Categories are the plug-in's. Purge deletes what carries one of them;
	// TagPersonal leaves alone what still carries one.
	Categories []string `json:"categories"`
	// Profiles have more markers of plug-ins, beside Categories.
	Profiles []marker.Set `json:"profiles,omitempty"`
	// Protect lists categories whose items are never deleted.
	Protect []string `json:"protect"`
	// Tag is the category that TagPersonal adds, Colour its preset.
	Tag    string `json:"tag,omitempty"`
	Colour string `json:"colour,omitempty"`
	// TagMeetings allows tagging meetings that this mailbox organizes.
	TagMeetings bool `json:"tagMeetings,omitempty"`
	// IncludeRooms allows writing to room and equipment mailboxes.
	IncludeRooms bool `json:"includeRooms,omitempty"`

	// Meetings says what a purge does with meetings that this mailbox organizes.
	Meetings Meetings `json:"meetings,omitempty"`
	// Permanent lets a purge delete contacts and events for good. Tasks go to
	// Deleted Items all the same: Graph has nothing else for them.
	Permanent bool `json:"permanent,omitempty"`

	// Source is what items are made of again, in a restore or an undo.
	Source *Source `json:"source,omitempty"`
	// Run is the one that is undone.
	Run string `json:"run,omitempty"`
	// Strip lists categories that items are made without.
	Strip []string `json:"strip,omitempty"`
	// Copies makes items again that are still there.
	Copies bool `json:"copies,omitempty"`
	// ImportMeetings allows importing streams of meetings that this mailbox
	// organizes; nobody documents whether that mails their attendees.
	ImportMeetings bool `json:"importMeetings,omitempty"`
}

// Source names the snapshots that a plan makes items of, each by its id and by
// the hash of its manifest.
type Source struct {
	Snapshots []SourceSnapshot `json:"snapshots"`
}

// SourceSnapshot is one of them.
type SourceSnapshot struct {
	ID  string `json:"id"`
	Sum string `json:"sum"`
}

// Check refuses rules that name nothing, or that want two things at once.
func (r Rules) Check() error {
	for _, name := range slices.Concat(r.Categories, r.Protect) {
		if strings.TrimSpace(name) == "" {
			return fmt.Errorf("%w: a category is empty; name the category as Outlook shows it", ErrRules)
		}
	}
	if len(r.Kinds) == 0 {
		return fmt.Errorf("%w: no kind of item is chosen; use contacts, events or tasks", ErrRules)
	}
	if r.Purpose != Purge && (r.Meetings != HoldMeetings || r.Permanent) {
		return fmt.Errorf("%w: only a purge deletes meetings, or for good", ErrRules)
	}
	if err := r.checkProfiles(); err != nil {
		return err
	}
	switch r.Purpose {
	case Purge:
		return r.checkPurge()
	case TagPersonal:
		return r.checkTag()
	case Restore, Undo:
		return r.checkBack()
	}
	return fmt.Errorf("%w: %q is no purpose of a plan", ErrRules, r.Purpose)
}

func (r Rules) checkPurge() error {
	if r.Meetings != HoldMeetings && r.Meetings != SendCancellations {
		return fmt.Errorf("%w: %q is nothing to do with meetings; use hold or %s", ErrRules, r.Meetings, SendCancellations)
	}
	if len(r.Categories) == 0 && len(r.Profiles) == 0 {
		return fmt.Errorf("%w: purge needs the plug-in's category or profile; name it with --category or --profile", ErrRules)
	}
	return r.checkProtected()
}

func (r Rules) checkTag() error {
	if strings.TrimSpace(r.Tag) == "" {
		return fmt.Errorf("%w: the category to add is empty; name it with --name", ErrRules)
	}
	if strings.ContainsAny(r.Tag, ",;") || len(r.Tag) > 255 {
		return fmt.Errorf("%w: category %q: Outlook splits names at commas and semicolons and keeps 255 characters", ErrRules, r.Tag)
	}
	if _, both := item.MatchCategory([]string{r.Tag}, slices.Concat(r.Categories, r.markerCategories())); both {
		return fmt.Errorf("%w: %q is both the category to add and the plug-in's", ErrRules, r.Tag)
	}
	return nil
}

func (r Rules) checkBack() error {
	if r.Purpose == Undo && r.Run == "" {
		return fmt.Errorf("%w: undo needs the run that is to be undone", ErrRules)
	}
	if r.Purpose == Restore && (r.Source == nil || len(r.Source.Snapshots) != 1) {
		return fmt.Errorf("%w: restore needs one snapshot", ErrRules)
	}
	for _, name := range r.Strip {
		if strings.TrimSpace(name) == "" {
			return fmt.Errorf("%w: a category to strip is empty; name the category as Outlook shows it", ErrRules)
		}
	}
	return nil
}

// canonical makes rules that mean the same look the same.
func (r Rules) canonical() Rules {
	r.Kinds = sortedSet(r.Kinds)
	r.Categories = sortedSet(r.Categories)
	r.Protect = sortedSet(r.Protect)
	r.Profiles = byName(r.Profiles)
	if len(r.Strip) > 0 {
		r.Strip = sortedSet(r.Strip)
	}
	return r
}

func sortedSet[S ~[]E, E ~string](s S) S {
	set := append(S{}, s...)
	slices.Sort(set)
	return slices.Compact(set)
}

// verdict is what is decided about one item. All empty means that the rules do
// not concern it; already, that it is as the rules want it.
type verdict struct {
	step    *Step
	held    *Held
	already bool
}

// WantsSeries says whether deciding about a series takes a look at its
// exceptions, too: whom they invite, and which categories they carry.
func (r Rules) WantsSeries(master item.Item) bool {
	if !master.Folder.Writable() {
		return false
	}
	switch r.Purpose {
	case Purge:
		_, marked := r.mark(master)
		return marked
	case TagPersonal:
		_, tagged := item.MatchCategory(master.Categories, []string{r.Tag})
		return !tagged
	case Restore, Undo: // restore decides what it has to look at
	}
	return false
}

func (r Rules) decide(account mailbox.Account, it item.Item) verdict {
	if !slices.Contains(r.Kinds, it.Kind) {
		return verdict{}
	}
	if r.Purpose == Purge {
		return r.decidePurge(account, it)
	}
	return r.decideTag(account, it)
}

func (r Rules) decidePurge(account mailbox.Account, it item.Item) verdict {
	by, marked := r.mark(it)
	if !marked {
		return verdict{}
	}
	if hazard, detail := r.purgeHazard(account, it); hazard != "" {
		held := hold(it, hazard, detail)
		held.held.Profile, held.held.Marker = by.profile, by.marker
		return held
	}
	step := StepFor(it, r.removal(it), by.why)
	step.Profile, step.Marker = by.profile, by.marker
	if it.Event.Invites() {
		step.Mails = it.Event.Guests()
	}
	return verdict{step: &step}
}

func (r Rules) decideTag(account mailbox.Account, it item.Item) verdict {
	if _, has := item.MatchCategory(it.Categories, []string{r.Tag}); has {
		return verdict{already: true}
	}
	if hazard, detail := r.tagHazard(account, it); hazard != "" {
		return hold(it, hazard, detail)
	}
	step := StepFor(it, SetCategories, "does not carry the plug-in's category")
	if len(r.Profiles) > 0 {
		step.Why = "bears no marker of the plug-in"
	}
	if len(r.Categories)+len(r.Profiles) == 0 {
		step.Why = "everything that remains is tagged"
	}
	step.After = append(slices.Clone(step.Before), r.Tag)
	return verdict{step: &step}
}

// StepFor is one change to an item as it is.
func StepFor(it item.Item, action Action, why string) Step {
	step := Step{
		Action: action, Kind: it.Kind, Folder: it.Folder.Path, FolderID: it.Folder.ID, ID: it.ID, Version: it.Version,
		Title: it.Title, Before: append([]string{}, it.Categories...), Why: why,
	}
	if it.Event != nil {
		step.Start, step.Series = it.Event.Start, it.Event.IsMaster()
	}
	if it.Event.Invites() {
		step.Hazards = append(step.Hazards, MailsAttendees)
	}
	return step
}

func hold(it item.Item, hazard Hazard, detail string) verdict {
	return verdict{held: &Held{
		Kind: it.Kind, Folder: it.Folder.Path, ID: it.ID, Title: it.Title,
		Categories: append([]string{}, it.Categories...), Hazard: hazard, Detail: detail,
	}}
}
