package box

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	abstractions "github.com/microsoft/kiota-abstractions-go"

	"github.com/riva-prep/riva-prep/pkg/graph/ask"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// item addresses an item through its folder, so that it is not found once it
// was moved: an immutable id outlives the move to Deleted Items, where a
// second DELETE would destroy it.
func (b *box) item(ctx context.Context, it item.Item) *ask.Call {
	switch it.Kind {
	case item.Contacts:
		contact := b.user().ContactFolders().ByContactFolderId(it.Folder.ID).Contacts().ByContactId(it.ID)
		return b.ask(contact.ToDeleteRequestInformation(ctx, nil))
	case item.Events:
		event := b.user().Calendars().ByCalendarId(it.Folder.ID).Events().ByEventId(it.ID)
		return b.ask(event.ToDeleteRequestInformation(ctx, nil))
	case item.Tasks:
		task := b.user().Todo().Lists().ByTodoTaskListId(it.Folder.ID).Tasks().ByTodoTaskId(it.ID)
		return b.ask(task.ToDeleteRequestInformation(ctx, nil))
	}
	return ask.Failed(unknownKind(it.Kind))
}

// Delete moves the item to Deleted Items. The version guards it where the
// service honours If-Match, which no document says of DELETE.
func (b *box) Delete(ctx context.Context, it item.Item) error {
	return b.single(ctx, mailbox.Change{Item: it, Verb: mailbox.Delete}).Err
}

// DeletePermanently addresses a contact through its folder. For an event the
// documents have no address through its calendar; that it lies there, the
// caller has just seen.
func (b *box) DeletePermanently(ctx context.Context, it item.Item) error {
	return b.single(ctx, mailbox.Change{Item: it, Verb: mailbox.DeletePermanently}).Err
}

// SetCategories sends the categories alone. A contact's display name goes with
// them, as it is: Graph makes up a new one when it is left out (Graph docs,
// contact-update).
func (b *box) SetCategories(ctx context.Context, it item.Item, categories []string) (string, error) {
	done := b.single(ctx, mailbox.Change{Item: it, Verb: mailbox.SetCategories, Categories: categories})
	return done.Version, done.Err
}

func (b *box) single(ctx context.Context, c mailbox.Change) mailbox.Changed {
	call := b.change(ctx, c)
	if c.Verb != mailbox.SetCategories {
		return changed(c, ask.Answer{Err: call.Discard(ctx)})
	}
	object, err := call.Object(ctx)
	return changed(c, ask.Answer{Object: object, Err: err})
}

// Batch sends the changes in one request.
func (b *box) Batch(ctx context.Context, changes []mailbox.Change) []mailbox.Changed {
	var calls []*ask.Call
	for _, c := range changes {
		calls = append(calls, b.change(ctx, c))
	}
	results := make([]mailbox.Changed, len(changes))
	for i, answer := range b.Calls.Batch(ctx, b.gate, calls) {
		results[i] = changed(changes[i], answer)
	}
	return results
}

// change begins the call of a change.
func (b *box) change(ctx context.Context, c mailbox.Change) *ask.Call {
	switch c.Verb {
	case mailbox.Delete:
		return b.item(ctx, c.Item).IfMatch(c.Item.Version)
	case mailbox.DeletePermanently:
		return b.permanently(ctx, c.Item).IfMatch(c.Item.Version)
	case mailbox.SetCategories:
		return b.item(ctx, c.Item).Carrying(abstractions.PATCH, categoriesOf(c)).IfMatch(c.Item.Version)
	}
	return ask.Failed(fmt.Errorf("a change without a verb: %w", errors.ErrUnsupported))
}

// changed is what the answer to a change says.
func changed(c mailbox.Change, a ask.Answer) mailbox.Changed {
	what := map[mailbox.Verb]string{
		mailbox.Delete: "delete an item of %s: %w", mailbox.DeletePermanently: "delete an item of %s for good: %w",
	}[c.Verb]
	what = cmp.Or(what, "set the categories of an item of %s: %w")
	if a.Err != nil {
		return mailbox.Changed{Err: fmt.Errorf(what, c.Item.Kind, a.Err)}
	}
	if c.Verb != mailbox.SetCategories {
		return mailbox.Changed{}
	}
	var now struct {
		Version string `json:"@odata.etag"`
	}
	if json.Unmarshal(a.Object, &now) != nil || now.Version == "" {
		return mailbox.Changed{Err: fmt.Errorf(what+": the answer has no version", c.Item.Kind, mailbox.ErrUnclear)}
	}
	return mailbox.Changed{Version: now.Version}
}

func (b *box) permanently(ctx context.Context, it item.Item) *ask.Call {
	switch {
	case !b.Cloud.DeletesPermanently():
		return ask.Failed(fmt.Errorf("this cloud has no permanentDelete: %w", mailbox.ErrNotOffered))
	case it.Kind == item.Contacts:
		contact := b.user().ContactFolders().ByContactFolderId(it.Folder.ID).Contacts().ByContactId(it.ID)
		return b.ask(contact.PermanentDelete().ToPostRequestInformation(ctx, nil))
	case it.Kind == item.Events:
		return b.ask(b.user().Events().ByEventId(it.ID).PermanentDelete().ToPostRequestInformation(ctx, nil))
	}
	return ask.Failed(fmt.Errorf("%s can only be moved to Deleted Items: %w", it.Kind, mailbox.ErrNotOffered))
}

// categoriesOf is the body that sets the categories.
func categoriesOf(c mailbox.Change) any {
	body := struct {
		Categories  []string        `json:"categories"`
		DisplayName json.RawMessage `json:"displayName,omitempty"`
	}{Categories: append([]string{}, c.Categories...)}
	if c.Item.Kind == item.Contacts {
		body.DisplayName = displayName(c.Item)
	}
	return body
}

// displayName is the contact's own, in its own bytes: a name that was cut in
// the middle of a character would not survive being read. An empty one and
// null go along too, for leaving them out would make one up.
func displayName(it item.Item) json.RawMessage {
	var contact struct {
		DisplayName json.RawMessage `json:"displayName"`
	}
	if json.Unmarshal(it.Raw, &contact) != nil {
		return nil
	}
	return contact.DisplayName
}

// EnsureCategory lists the names first, since Graph ignores a filter there and
// no document says what it answers to a name that exists.
func (b *box) EnsureCategory(ctx context.Context, name, colour string) (created bool, err error) {
	if b.Cloud.OutlookOnly() {
		return false, fmt.Errorf("this cloud serves no master categories: %w", errors.ErrUnsupported)
	}
	known, err := b.hasCategory(ctx, name)
	if err != nil || known {
		return false, err
	}
	body := struct {
		Name   string `json:"displayName"`
		Colour string `json:"color"`
	}{name, colour}
	err = b.ask(b.user().Outlook().MasterCategories().ToGetRequestInformation(ctx, nil)).
		Carrying(abstractions.POST, body).Discard(ctx)
	if err == nil {
		return true, nil
	}
	unclear := errors.Is(err, mailbox.ErrUnclear)
	if unclear || ask.Answered(err, http.StatusBadRequest) || ask.Answered(err, http.StatusConflict) {
		if known, again := b.hasCategory(ctx, name); again == nil && known {
			return unclear, nil
		}
	}
	return false, fmt.Errorf("add a category to the master list: %w", err)
}

func (b *box) hasCategory(ctx context.Context, name string) (bool, error) {
	type category struct {
		Name string `json:"displayName"`
	}
	categories, err := ask.Collect[category](ctx, b.ask(b.user().Outlook().MasterCategories().ToGetRequestInformation(ctx, nil)))
	if err != nil {
		return false, fmt.Errorf("list the master categories: %w", err)
	}
	for _, c := range categories {
		if item.SameCategory(c.Name, name) {
			return true, nil
		}
	}
	return false, nil
}
