package wire

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/riva-prep/riva-prep/pkg/jsonwalk"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

const (
	// smallPage is asked for where Exchange cannot serve a larger one in its
	// own time and answers 503 (observed in the field), mediumPage before that.
	smallPage  = 10
	mediumPage = 100
	// largePageRetries is how often a larger one is tried before that.
	largePageRetries = 2
	// firstPage makes room for what most pages hold.
	firstPage = 128
)

// Element is one member of a collection.
type Element struct {
	ID string
	// Removed marks what a delta listing names as deleted.
	Removed bool
	// Raw is the object as it was served.
	Raw []byte
	// Picked is an object of those of its members that the request picks.
	Picked []byte
}

// Pages reads a collection to its end and calls visit for each page, which may
// be empty. A nil error means that everything was read: every page was an
// object with an array of objects that have ids, none of them twice, and the
// last page had no link to a next one. Otherwise the error is
// mailbox.ErrIncomplete, unless the service refused the very first page.
//
// A page is handed on when it was read to its end and its place at the gate
// left, so visit may take its time and send requests of its own. What is held
// meanwhile is bounded by MaxPage: the size asked for follows the bytes of the
// page before, and a page that is larger all the same is cut off and asked for
// again in small.
func (s *Sender) Pages(ctx context.Context, r Request, visit func([]Element) error) error {
	_, err := s.Counted(ctx, r, visit)
	return err
}

// Counted is Pages that also says how many elements the service counts
// ($count=true), -1 where it does not say.
func (s *Sender) Counted(ctx context.Context, r Request, visit func([]Element) error) (counted int, err error) {
	listing := listing{sender: s, request: r, largest: r.PageSize, ids: set{}, links: set{}}
	if r.FirstPage > 0 {
		listing.request.PageSize = min(r.FirstPage, r.PageSize)
	}
	counted = -1
	for count := 1; ; count++ {
		if count > s.MaxPages {
			return -1, listing.incomplete(count, fmt.Errorf("it has more than %d pages", s.MaxPages))
		}
		page, err := listing.fetch(ctx)
		if err != nil {
			return -1, listing.incomplete(count, err)
		}
		if err := listing.check(page); err != nil {
			return -1, listing.incomplete(count, err)
		}
		if counted < 0 {
			counted = page.counted
		}
		if err := visit(page.elements); err != nil {
			return -1, err
		}
		if page.next == "" {
			return counted, nil
		}
		listing.resize(page)
	}
}

// listing is what has been seen of one collection.
type listing struct {
	sender  *Sender
	request Request
	largest int  // the largest page that may be asked for
	careful bool // a page was cut off: they grow slowly from now on
	ids     set
	links   set
}

// set remembers texts by their hash: a mailbox has 100,000 long ids.
type set map[[16]byte]struct{}

// add says whether the text is new.
func (s set) add(text string) bool {
	sum := sha256.Sum256([]byte(text))
	key := [16]byte(sum[:16])
	if _, known := s[key]; known {
		return false
	}
	s[key] = struct{}{}
	return true
}

// fetch reads the next page; if that is too much for the service or for this
// side, in smaller and smaller ones.
func (l *listing) fetch(ctx context.Context) (page, error) {
	for {
		r := l.request
		if r.PageSize > smallPage {
			r.Retries, r.MaxBody = largePageRetries, l.sender.MaxPage
		}
		got, err := l.sender.page(ctx, r)
		fault, ok := errors.AsType[*Fault](err)
		tooMuch := ok && (fault.why == busy || errors.Is(fault, ErrTooLarge))
		if !tooMuch || fault.stopped != nil || r.PageSize <= smallPage {
			return got, err
		}
		l.request.PageSize = smallPage
		if r.PageSize > mediumPage {
			l.request.PageSize = mediumPage
		}
		l.careful = true
		if fault.why == busy { // it will be so again
			l.largest = l.request.PageSize
		}
	}
}

// resize asks for as many elements next as make half of the largest page, if
// they are like the last ones; a page was cut off where they were not.
func (l *listing) resize(p page) {
	if l.largest <= smallPage || len(p.elements) == 0 {
		return
	}
	bytes := 1
	for _, e := range p.elements {
		bytes += len(e.Raw)
	}
	size := max(smallPage, int(l.sender.MaxPage/2)*len(p.elements)/bytes)
	if l.careful {
		size = min(size, 2*l.request.PageSize)
	}
	l.request.PageSize = min(l.largest, size)
}

// check holds the page against those before, and sets the next request.
func (l *listing) check(p page) error {
	for _, e := range p.elements {
		if !l.ids.add(e.ID) {
			return errors.New("an id comes twice; the mailbox changed meanwhile, or the service lost its place: list again")
		}
	}
	if p.next == "" {
		return nil
	}
	link, err := url.Parse(p.next)
	if err != nil {
		return errors.New("the link to the next page is not an address")
	}
	if err := l.sender.Allowed(link); err != nil {
		return fmt.Errorf("the link to the next page was not followed: %w", err)
	}
	if !l.links.add(p.next) {
		return errors.New("the link to the next page leads back")
	}
	l.request.link = link
	return nil
}

// incomplete says that the listing broke off, unless the service plainly
// refused to begin it.
func (l *listing) incomplete(count int, err error) error {
	fault, ok := errors.AsType[*Fault](err)
	if ok && (fault.stopped != nil || count == 1 && fault.why == final && fault.Status/100 != 2 || fault.Status == 0 && fault.why == final) {
		return err
	}
	if ok && errors.Is(err, mailbox.ErrIncomplete) {
		return fmt.Errorf("page %d: %w", count, err)
	}
	return fmt.Errorf("%w: %s, page %d: %w", mailbox.ErrIncomplete, l.request.Path, count, err)
}

// page is one answer of a listing.
type page struct {
	elements []Element
	next     string
	counted  int // what the service counts; negative: it does not say
}

func (s *Sender) page(ctx context.Context, r Request) (page, error) {
	var got page
	err := s.Do(ctx, r, func(resp *http.Response) error {
		if resp.StatusCode != http.StatusOK {
			return errors.New("the answer is no page")
		}
		if err := wantJSON(resp); err != nil {
			return err
		}
		var err error
		stream := s.stream(resp.Body)
		defer s.streams.Put(stream)
		got, err = readPage(stream, r.Pick)
		return err
	})
	return got, err
}

// stream reads a body, in the memory of an earlier one if there is any.
func (s *Sender) stream(body io.Reader) *jsonwalk.Stream {
	if old, ok := s.streams.Get().(*jsonwalk.Stream); ok {
		old.Reset(body)
		return old
	}
	return jsonwalk.NewStream(body)
}

// readPage reads a page as a stream and keeps the bytes of its elements.
func readPage(s *jsonwalk.Stream, pick func(name []byte) bool) (page, error) {
	if err := begin(s, '{', errNoPage); err != nil {
		return page{}, notJSON(err)
	}
	p, whole := page{counted: -1}, false
	err := s.Object(func(name string) (err error) {
		switch name {
		case "value":
			p.elements, err = readElements(s, pick)
			whole = true
		case "@odata.nextLink":
			p.next, err = readLink(s)
		case "@odata.count":
			p.counted, err = readCount(s)
		case "error":
			err = errPageIsError
		default:
			_, err = s.Value()
		}
		return err
	})
	if err != nil {
		return page{}, notJSON(err)
	}
	return p, finish(s, whole)
}

// Faults of a page that is JSON.
const (
	errPageIsError = pageError("the page is an error object under status 200")
	errNoPage      = pageError("the page is not an object")
	errNoValue     = pageError("the page has no value array")
	errNotArray    = pageError("the page's value is not an array")
	errNotObject   = pageError("an element of the page is not an object")
	errNoID        = pageError("an element of the page has no id")
	errLink        = pageError("the link to the next page is not a text")
	errCount       = pageError("the page's count is not a number")
	errTrailing    = pageError("something follows the page")
)

type pageError string

func (e pageError) Error() string { return string(e) }

// notJSON names what is wrong with the text itself.
func notJSON(err error) error {
	if _, ok := errors.AsType[pageError](err); ok {
		return err
	}
	return fmt.Errorf("the page is not JSON: %w", syntax(err))
}

func finish(s *jsonwalk.Stream, whole bool) error {
	if _, err := s.Peek(); err == nil {
		return errTrailing
	} else if !errors.Is(err, io.EOF) {
		return notJSON(err)
	}
	if !whole {
		return errNoValue
	}
	return nil
}

// begin looks whether a value begins as it should; another one is the error
// given.
func begin(s *jsonwalk.Stream, with byte, other error) error {
	c, err := s.Peek()
	if err == nil && c != with {
		if _, err = s.Value(); err == nil {
			return other
		}
	}
	return err
}

// readInto reads a value that fits; another one is the error given.
func readInto(s *jsonwalk.Stream, into any, other error) error {
	value, err := s.Value()
	if err != nil {
		return err
	}
	if json.Unmarshal(value, into) != nil {
		return other
	}
	return nil
}

// readLink reads an address, which is not empty.
func readLink(s *jsonwalk.Stream) (link string, err error) {
	if err = readInto(s, &link, errLink); err == nil && link == "" {
		err = errLink
	}
	return link, err
}

// readCount reads a number of elements.
func readCount(s *jsonwalk.Stream) (int, error) {
	n := -1 // null leaves it
	err := readInto(s, &n, errCount)
	if err == nil && n < 0 {
		err = errCount
	}
	return n, err
}

func readElements(s *jsonwalk.Stream, pick func(name []byte) bool) ([]Element, error) {
	if err := begin(s, '[', errNotArray); err != nil {
		return nil, err
	}
	elements := make([]Element, 0, firstPage)
	err := s.Array(func() error {
		e, err := readElement(s, pick)
		elements = append(elements, e)
		return err
	})
	return elements, err
}

// readElement keeps a copy of the bytes, and looks at the members while they are
// at hand.
func readElement(s *jsonwalk.Stream, pick func(name []byte) bool) (e Element, err error) {
	var picked jsonwalk.Object
	value, err := s.Members(func(name, value []byte) error {
		switch string(name) {
		case "id":
			if json.Unmarshal(value, &e.ID) != nil {
				return errNoID
			}
		case "@removed":
			e.Removed = true
		}
		if pick != nil && pick(name) {
			picked.Add(name, value)
		}
		return nil
	})
	switch {
	case err != nil:
		return e, err
	case value[0] != '{':
		return e, errNotObject
	case e.ID == "":
		return e, errNoID
	}
	if e.Raw = bytes.Clone(value); pick != nil {
		e.Picked = picked.Bytes()
	}
	return e, nil
}
