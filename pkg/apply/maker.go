package apply

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
	"github.com/riva-prep/riva-prep/pkg/zone"
)

// maker brings a made item to what its recipe says. Each part is looked for
// before it is added, unless the item is fresh, so that it can be called again
// after any interruption.
type maker struct {
	mb     mailbox.Mailbox
	source Source
	recipe rebuild.Recipe
	fresh  bool
	made   item.Item
	// touched says that a part was added, which gave the item another version.
	touched bool
	lost    []string
}

// complete adds what cannot be part of the one request that makes an item.
func (m *maker) complete(ctx context.Context, categories []string) error {
	for _, part := range []func(context.Context) error{m.reload, m.patches, m.checklist, m.photo, m.attachments, m.series} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	if err := m.refresh(ctx); err != nil {
		return err
	}
	return m.categories(ctx, categories)
}

// reload reads an item that an earlier call made with everything it has.
func (m *maker) reload(ctx context.Context) (err error) {
	if !m.fresh {
		m.made, err = m.mb.Get(ctx, m.made.Folder, m.made.ID)
	}
	return err
}

// refresh reads the version that came about.
func (m *maker) refresh(ctx context.Context) (err error) {
	if m.touched {
		m.made, err = m.mb.Get(ctx, m.made.Folder, m.made.ID)
	}
	return err
}

// categories repairs what the service added of its own: the name of the folder,
// on some contacts (observed in the field).
func (m *maker) categories(ctx context.Context, want []string) error {
	if slices.Equal(m.made.Categories, want) || len(m.made.Categories) == 0 && len(want) == 0 {
		return nil
	}
	if _, err := m.mb.SetCategories(ctx, m.made, want); err != nil {
		return err
	}
	m.touched = true
	return m.refresh(ctx)
}

// compare says which members did not come back as they were, outside the
// published list.
func (m *maker) compare(was snapshot.Line, stripped []string) {
	was.Series, was.Photo, was.Attachments, was.ExceptionAttachments = nil, nil, nil, nil
	is := snapshot.Line{Kind: was.Kind, Folder: was.Folder, FolderID: was.FolderID, ID: m.made.ID, Version: m.made.Version, Item: m.made.Raw}
	var names []string
	for _, d := range rebuild.Differences(rebuild.Copy{Line: was}, rebuild.Copy{Line: is}, stripped...) {
		name, _, _ := strings.Cut(d.Path, ".")
		if m.compared(was.Kind, name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		m.lost = append(m.lost, "came back with another "+strings.Join(names, ", "))
	}
}

// compared says whether a member can be: Exchange writes an event's HTML anew,
// and the answer to a POST has nothing that is had by name only.
func (m *maker) compared(kind item.Kind, name string) bool {
	switch name {
	case "body":
		return kind != item.Events
	case "singleValueExtendedProperties", "multiValueExtendedProperties", "extensions":
		return m.touched || !m.fresh
	}
	return true
}

// patches are a task's recurrence. A second one would make a second task
// (observed in the field), so it is sent only where there is none. The service
// may refuse it for good; the task is then there without it, which is said.
func (m *maker) patches(ctx context.Context) error {
	if len(m.recipe.Then) == 0 || recurs(m.made.Raw) {
		return nil
	}
	for _, body := range m.recipe.Then {
		made, err := m.mb.Update(ctx, m.made, body)
		if errors.Is(err, mailbox.ErrDenied) || refusedForGood(err) {
			m.lost = append(m.lost, "without its recurrence: "+err.Error())
			return nil
		}
		if err != nil {
			return fmt.Errorf("set its recurrence: %w", err)
		}
		made.Folder = m.made.Folder
		m.made, m.touched = made, true
	}
	return nil
}

func recurs(raw json.RawMessage) bool {
	var task struct {
		Recurrence json.RawMessage `json:"recurrence"`
	}
	return json.Unmarshal(raw, &task) == nil && len(task.Recurrence) > 0 && string(task.Recurrence) != "null"
}

// refusedForGood tells an answer that no later attempt would change.
func refusedForGood(err error) bool {
	return err != nil && !errors.Is(err, mailbox.ErrUnclear) && !errors.Is(err, mailbox.ErrBusy) && !errors.Is(err, mailbox.ErrSignIn) &&
		!errors.Is(err, mailbox.ErrGone) && !errors.Is(err, mailbox.ErrFull) && !errors.Is(err, mailbox.ErrChanged) && !errors.Is(err, context.Canceled)
}

func (m *maker) checklist(ctx context.Context) error {
	var task struct {
		Checklist []struct {
			Name string `json:"displayName"`
		} `json:"checklistItems"`
	}
	if !m.fresh && json.Unmarshal(m.made.Raw, &task) != nil {
		return errors.New("the task's checklist cannot be read")
	}
	there := map[string]int{}
	for _, c := range task.Checklist {
		there[c.Name]++
	}
	for _, body := range m.recipe.Checklist {
		var one struct {
			Name string `json:"displayName"`
		}
		if json.Unmarshal(body, &one) == nil && there[one.Name] > 0 {
			there[one.Name]--
			continue
		}
		if err := m.mb.AddChecklistItem(ctx, m.made, body); err != nil {
			return fmt.Errorf("add a checklist item: %w", err)
		}
		m.touched = true
	}
	return nil
}

func (m *maker) photo(ctx context.Context) error {
	if m.recipe.Photo == nil {
		return nil
	}
	data, err := m.source.Blob(m.recipe.Photo.Blob)
	if err != nil {
		return err
	}
	if err := m.mb.SetPhoto(ctx, m.made, mailbox.Photo{ContentType: m.recipe.Photo.ContentType, Bytes: data}); err != nil {
		return fmt.Errorf("set its photo: %w", err)
	}
	m.touched = true
	return nil
}

func (m *maker) attachments(ctx context.Context) error {
	added, err := m.attach(ctx, m.made, m.recipe.Attachments)
	m.touched = m.touched || added
	return err
}

// attach adds those attachments that an item does not have.
func (m *maker) attach(ctx context.Context, it item.Item, blobs []string) (added bool, err error) {
	if len(blobs) == 0 {
		return false, nil
	}
	there, err := m.attached(ctx, it)
	if err != nil {
		return false, err
	}
	for _, name := range blobs {
		raw, err := m.source.Blob(name)
		if err != nil {
			return added, err
		}
		body, losses, err := rebuild.Attachment(raw)
		if err != nil {
			return added, err
		}
		if body == nil || there.take(body) {
			continue
		}
		if err := m.mb.Attach(ctx, it, body); err != nil {
			return added, fmt.Errorf("add an attachment: %w", err)
		}
		added = true
		_ = losses // the plan has named them
	}
	return added, nil
}

// contents counts attachments by name and content.
type contents map[[sha256.Size]byte]int

func (c contents) take(raw json.RawMessage) bool {
	key, ok := contentKey(raw)
	if !ok || c[key] == 0 {
		return false
	}
	c[key]--
	return true
}

func contentKey(raw json.RawMessage) (key [sha256.Size]byte, ok bool) {
	var a struct {
		Name    string `json:"name"`
		Content string `json:"contentBytes"`
	}
	if json.Unmarshal(raw, &a) != nil {
		return key, false
	}
	return sha256.Sum256([]byte(a.Name + "\x00" + a.Content)), true
}

func (m *maker) attached(ctx context.Context, it item.Item) (contents, error) {
	there := contents{}
	if m.fresh && it.ID == m.made.ID {
		return there, nil
	}
	list, err := m.mb.Attachments(ctx, it)
	if err != nil {
		return nil, err
	}
	for _, raw := range list {
		if key, ok := contentKey(raw); ok {
			there[key]++
		}
	}
	return there, nil
}

// slack is how far around its day an occurrence is looked for: the day of an
// all-day series is another one in some zones.
const slack = 36 * time.Hour

// series cancels and changes single dates of a series.
func (m *maker) series(ctx context.Context) error {
	for _, day := range m.recipe.Cancelled {
		if err := m.cancel(ctx, day); err != nil {
			return fmt.Errorf("cancel a date of the series: %w", err)
		}
	}
	for _, x := range m.recipe.Exceptions {
		if err := m.except(ctx, x); err != nil {
			return fmt.Errorf("change a date of the series: %w", err)
		}
	}
	return nil
}

// cancel deletes the occurrence of a day; one that is not there is cancelled.
func (m *maker) cancel(ctx context.Context, day time.Time) error {
	found, err := m.near(ctx, day, m.sameDay(day, time.UTC))
	if err != nil || found == nil {
		return err
	}
	m.touched = true
	if err := m.mb.Delete(ctx, item.Item{Kind: found.Kind, Folder: m.made.Folder, ID: found.ID}); err != nil && !errors.Is(err, mailbox.ErrGone) {
		return err
	}
	return nil
}

func (m *maker) except(ctx context.Context, x rebuild.Exception) error {
	found, err := m.near(ctx, x.OriginalStart, func(it item.Item) bool { return it.Event.OriginalStart.Equal(x.OriginalStart) })
	if err == nil && found == nil {
		found, err = m.near(ctx, x.OriginalStart, m.sameDay(x.OriginalStart, m.zone()))
	}
	if err != nil {
		return err
	}
	if found == nil {
		return fmt.Errorf("the series has no date at %s", x.OriginalStart.UTC().Format(time.RFC3339))
	}
	occurrence := *found
	occurrence.Folder, occurrence.Version = m.made.Folder, ""
	changed, err := m.mb.Update(ctx, occurrence, x.Body)
	if err != nil {
		return err
	}
	m.touched = true
	changed.Folder = m.made.Folder
	_, err = m.attach(ctx, changed, x.Attachments)
	return err
}

// near finds the one occurrence around a time that fits.
func (m *maker) near(ctx context.Context, at time.Time, fits func(item.Item) bool) (*item.Item, error) {
	instances, err := m.mb.Instances(ctx, m.made, at.Add(-slack), at.Add(slack))
	if err != nil {
		return nil, err
	}
	for _, it := range instances {
		if it.Event != nil && fits(it) {
			return &it, nil
		}
	}
	return nil, nil
}

// sameDay fits occurrences whose day, in the zone of the series, is that of at
// in the zone given: all-day series begin at another hour in other zones.
func (m *maker) sameDay(at time.Time, in *time.Location) func(item.Item) bool {
	own, day := m.zone(), at.In(in).Format(time.DateOnly)
	return func(it item.Item) bool {
		start := it.Event.OriginalStart
		if start.IsZero() {
			start = it.Event.Start
		}
		return start.In(own).Format(time.DateOnly) == day
	}
}

// zone is the one in which the series repeats; UTC where nobody knows it.
func (m *maker) zone() *time.Location {
	if m.made.Event == nil {
		return time.UTC
	}
	location, err := zone.Load(m.made.Event.Zone)
	if err != nil {
		return time.UTC
	}
	return location
}
