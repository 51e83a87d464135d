// Package maker brings an item that was just made, or made by an earlier attempt,
// to what its recipe says.
//
// It promises that it can be called again after any interruption: each part is
// looked for before it is added. It refuses to guess what is there: a part that
// cannot be read is an error.
package maker

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

// Source holds the contents of parts.
type Source interface {
	// Blob reads what is stored under a name that a recipe gives.
	Blob(name string) ([]byte, error)
}

// Maker completes one item.
type Maker struct {
	Mailbox mailbox.Mailbox
	Source  Source
	Recipe  rebuild.Recipe
	// Fresh says that the item was made just now, so that it has no parts yet.
	Fresh bool
	// Made is the item; afterwards as it is then.
	Made item.Item
	// Lost is what it does not have, beyond what its recipe loses.
	Lost []string

	// touched says that a part was added, which gave the item another version.
	touched bool
}

// Complete adds what cannot be part of the one request that makes an item.
func (m *Maker) Complete(ctx context.Context, categories []string) error {
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
func (m *Maker) reload(ctx context.Context) (err error) {
	if !m.Fresh {
		m.Made, err = m.Mailbox.Get(ctx, m.Made.Folder, m.Made.ID)
	}
	return err
}

// refresh reads the version that came about.
func (m *Maker) refresh(ctx context.Context) (err error) {
	if m.touched {
		m.Made, err = m.Mailbox.Get(ctx, m.Made.Folder, m.Made.ID)
	}
	return err
}

// categories repairs what the service added of its own: the name of the folder,
// on some contacts (observed in the field).
func (m *Maker) categories(ctx context.Context, want []string) error {
	if slices.Equal(m.Made.Categories, want) || len(m.Made.Categories) == 0 && len(want) == 0 {
		return nil
	}
	if _, err := m.Mailbox.SetCategories(ctx, m.Made, want); err != nil {
		return err
	}
	m.touched = true
	return m.refresh(ctx)
}

// Compare says which members did not come back as they were, outside the
// published list.
func (m *Maker) Compare(was snapshot.Line, stripped []string) {
	was.Series, was.Photo, was.Attachments, was.ExceptionAttachments = nil, nil, nil, nil
	is := snapshot.Line{Kind: was.Kind, Folder: was.Folder, FolderID: was.FolderID, ID: m.Made.ID, Version: m.Made.Version, Item: m.Made.Raw}
	var names []string
	for _, d := range rebuild.Differences(rebuild.Copy{Line: was}, rebuild.Copy{Line: is}, stripped...) {
		name, _, _ := strings.Cut(d.Path, ".")
		if m.compared(was.Kind, name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		m.Lost = append(m.Lost, "came back with another "+strings.Join(names, ", "))
	}
}

// compared says whether a member can be: Exchange writes an event's HTML anew,
// and the answer to a POST has nothing that is had by name only.
func (m *Maker) compared(kind item.Kind, name string) bool {
	switch name {
	case "body":
		return kind != item.Events
	case "singleValueExtendedProperties", "multiValueExtendedProperties", "extensions":
		return m.touched || !m.Fresh
	}
	return true
}

// patches are a task's recurrence. A second one would make a second task
// (observed in the field), so it is sent only where there is none. The service
// may refuse it for good; the task is then there without it, which is said.
func (m *Maker) patches(ctx context.Context) error {
	if len(m.Recipe.Then) == 0 || recurs(m.Made.Raw) {
		return nil
	}
	for _, body := range m.Recipe.Then {
		made, err := m.Mailbox.Update(ctx, m.Made, body)
		if errors.Is(err, mailbox.ErrDenied) || refusedForGood(err) {
			m.Lost = append(m.Lost, "without its recurrence: "+err.Error())
			return nil
		}
		if err != nil {
			return fmt.Errorf("set its recurrence: %w", err)
		}
		made.Folder = m.Made.Folder
		m.Made, m.touched = made, true
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

func (m *Maker) checklist(ctx context.Context) error {
	var task struct {
		Checklist []struct {
			Name string `json:"displayName"`
		} `json:"checklistItems"`
	}
	if !m.Fresh && json.Unmarshal(m.Made.Raw, &task) != nil {
		return errors.New("the task's checklist cannot be read")
	}
	there := map[string]int{}
	for _, c := range task.Checklist {
		there[c.Name]++
	}
	for _, body := range m.Recipe.Checklist {
		var one struct {
			Name string `json:"displayName"`
		}
		if json.Unmarshal(body, &one) == nil && there[one.Name] > 0 {
			there[one.Name]--
			continue
		}
		if err := m.Mailbox.AddChecklistItem(ctx, m.Made, body); err != nil {
			return fmt.Errorf("add a checklist item: %w", err)
		}
		m.touched = true
	}
	return nil
}

func (m *Maker) photo(ctx context.Context) error {
	if m.Recipe.Photo == nil {
		return nil
	}
	data, err := m.Source.Blob(m.Recipe.Photo.Blob)
	if err != nil {
		return err
	}
	if err := m.Mailbox.SetPhoto(ctx, m.Made, mailbox.Photo{ContentType: m.Recipe.Photo.ContentType, Bytes: data}); err != nil {
		return fmt.Errorf("set its photo: %w", err)
	}
	m.touched = true
	return nil
}

func (m *Maker) attachments(ctx context.Context) error {
	added, err := m.attach(ctx, m.Made, m.Recipe.Attachments)
	m.touched = m.touched || added
	return err
}

// attach adds those attachments that an item does not have.
func (m *Maker) attach(ctx context.Context, it item.Item, blobs []string) (added bool, err error) {
	if len(blobs) == 0 {
		return false, nil
	}
	there, err := m.attached(ctx, it)
	if err != nil {
		return false, err
	}
	for _, name := range blobs {
		raw, err := m.Source.Blob(name)
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
		if err := m.Mailbox.Attach(ctx, it, body); err != nil {
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

func (m *Maker) attached(ctx context.Context, it item.Item) (contents, error) {
	there := contents{}
	if m.Fresh && it.ID == m.Made.ID {
		return there, nil
	}
	list, err := m.Mailbox.Attachments(ctx, it)
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
func (m *Maker) series(ctx context.Context) error {
	for _, day := range m.Recipe.Cancelled {
		if err := m.cancel(ctx, day); err != nil {
			return fmt.Errorf("cancel a date of the series: %w", err)
		}
	}
	for _, x := range m.Recipe.Exceptions {
		if err := m.except(ctx, x); err != nil {
			return fmt.Errorf("change a date of the series: %w", err)
		}
	}
	return nil
}

// cancel deletes the occurrence of a day; one that is not there is cancelled.
func (m *Maker) cancel(ctx context.Context, day time.Time) error {
	found, err := m.near(ctx, day, m.sameDay(day, time.UTC))
	if err != nil || found == nil {
		return err
	}
	m.touched = true
	if err := m.Mailbox.Delete(ctx, item.Item{Kind: found.Kind, Folder: m.Made.Folder, ID: found.ID}); err != nil && !errors.Is(err, mailbox.ErrGone) {
		return err
	}
	return nil
}

func (m *Maker) except(ctx context.Context, x rebuild.Exception) error {
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
	occurrence.Folder, occurrence.Version = m.Made.Folder, ""
	changed, err := m.Mailbox.Update(ctx, occurrence, x.Body)
	if err != nil {
		return err
	}
	m.touched = true
	changed.Folder = m.Made.Folder
	_, err = m.attach(ctx, changed, x.Attachments)
	return err
}

// near finds the one occurrence around a time that fits.
func (m *Maker) near(ctx context.Context, at time.Time, fits func(item.Item) bool) (*item.Item, error) {
	instances, err := m.Mailbox.Instances(ctx, m.Made, at.Add(-slack), at.Add(slack))
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
func (m *Maker) sameDay(at time.Time, in *time.Location) func(item.Item) bool {
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
func (m *Maker) zone() *time.Location {
	if m.Made.Event == nil {
		return time.UTC
	}
	location, err := zone.Load(m.Made.Event.Zone)
	if err != nil {
		return time.UTC
	}
	return location
}
