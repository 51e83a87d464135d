// Package fault plays what goes wrong between Microsoft Graph and its clients:
// connections that break, answers that lie, throttling, tokens that die, and
// people who work in the same mailboxes.
//
// It promises that every fault has a name and a source, that a fault counts as
// played only when it really changed what the client gets, and that the same
// seed plays the same faults on the same requests, in whatever order these
// arrive. It refuses nothing but plans that name no fault; what the requests
// themselves mean is the business of the handler behind it.
package fault

// Fault is one way in which the service misbehaves, by its name on the command line.
type Fault string

// Connections.
const (
	// Reset closes the connection before an answer; the request never reaches
	// Exchange. Source: backup products' field reports, "connection reset by peer".
	Reset Fault = "reset"
	// CutBody ends the connection in the middle of an answer's body. Source:
	// field reports, "unexpected EOF" while reading pages.
	CutBody Fault = "cut-body"
	// SlowBody stops for a while in the middle of an answer's body. Source:
	// field reports, "read: connection timed out".
	SlowBody Fault = "slow-body"
)

// Refusals that are not what they seem.
const (
	// Empty404 answers 404 without a body for what is there. Source: field
	// reports on events and attachments; a later GET succeeds.
	Empty404 Fault = "empty-404"
	// Empty503 answers 503 without a body. Source: field reports; a request
	// timed out inside Exchange, mostly over a large page.
	Empty503 Fault = "empty-503"
	// Transient400 answers 400 invalidRequest to a GET that is right. Source:
	// field reports.
	Transient400 Fault = "transient-400"
	// Persistent401 answers 401 InvalidAuthenticationToken several times to
	// tokens that are good. Source: field reports; three retries were too few.
	Persistent401 Fault = "persistent-401"
	// TokenExpired ends the life of the token that the request carries; every
	// request with that token is refused from then on. Source: Graph docs,
	// resolve authorization errors.
	TokenExpired Fault = "token-expired"
	// CorruptItem is an item that can be listed and never be read by itself:
	// 500 ErrorCorruptData for ever. Source: field reports on emails and events.
	CorruptItem Fault = "corrupt-item"
)

// Answers of 200 that are wrong.
const (
	// ErrorIn200 is an error object under status 200; the request was not
	// carried out. Source: field reports of clients whose page iterators ended there.
	ErrorIn200 Fault = "error-in-200"
	// EmptyObject answers a GET with {}. Source: msgraph-sdk-go, whose page
	// iterator takes that for the end.
	EmptyObject Fault = "empty-object"
	// WrongElement puts something without an id into a page. Source: Graph docs,
	// known issues of collections; a client must not count on more.
	WrongElement Fault = "wrong-element"
	// RepeatedItem lists an item twice. Source: Graph docs, paging: a client
	// must expect replays.
	RepeatedItem Fault = "repeated-item"
	// MissingItem leaves an item out of one page, as offset paging does when
	// items before it vanish between pages. Source: field reports.
	MissingItem Fault = "missing-item"
	// LoopingLink gives a page a link to itself as the next one. Source: field
	// reports on delta queries.
	LoopingLink Fault = "looping-link"
	// ForeignLink gives a page a link to another host as the next one. Source:
	// Graph docs, paging: links are opaque, so nothing keeps them at home.
	ForeignLink Fault = "foreign-link"
)

// Changes whose answer says nothing about their fate.
const (
	// DoneThen503 carries a change out and answers 503. Source: field reports;
	// a folder was created and the retry got 409.
	DoneThen503 Fault = "done-then-503"
	// DoneThenReset carries a change out and closes the connection. Source: as DoneThen503.
	DoneThenReset Fault = "done-then-reset"
	// Lost503 answers a change with 503 and does not carry it out. Source: Graph
	// docs, errors; the counterpart that a client cannot tell from DoneThen503.
	Lost503 Fault = "lost-503"
	// LostReset closes the connection over a change that is not carried out.
	// Source: as Reset.
	LostReset Fault = "lost-reset"
)

// Batches.
const (
	// BatchMissing leaves answers out of a batch; their requests were carried
	// out. Source: field reports.
	BatchMissing Fault = "batch-missing"
	// BatchShuffled turns the order of a batch's answers round. Source: Graph
	// docs, json-batching: the order is not kept.
	BatchShuffled Fault = "batch-shuffled"
	// BatchThrottled refuses every second request of a batch with 429 under the
	// batch's own 200. Source: Graph docs, throttling and batching.
	BatchThrottled Fault = "batch-throttled"
)

// Throttling, once for each form in which the wait is told.
const (
	// ThrottledSeconds is a 429 with Retry-After in whole seconds. Source: Graph docs, throttling.
	ThrottledSeconds Fault = "throttled-seconds"
	// ThrottledFraction is a 429 with a fraction of a second. Source: field
	// reports; some clients cut it off and come back too early.
	ThrottledFraction Fault = "throttled-fraction"
	// ThrottledDate is a 429 with a date. Source: RFC 9110 allows it, and field
	// reports of clients that ignored it.
	ThrottledDate Fault = "throttled-date"
	// ThrottledSilent is a 429 without Retry-After. Source: Outlook developers'
	// issue list, 144.
	ThrottledSilent Fault = "throttled-silent"
)

// Other people in the mailbox. They keep away from meetings with attendees, so
// that every mail in the outbox is the client's doing.
const (
	// OtherEdits changes the item that a request is for, or one of the folder
	// that it lists, just before the request. Source: everyday life.
	OtherEdits Fault = "other-edits"
	// OtherDeletes deletes it. Source: everyday life.
	OtherDeletes Fault = "other-deletes"
	// OtherCreates adds an item to the folder. Source: everyday life.
	OtherCreates Fault = "other-creates"
)

// All is the catalogue, in the order in which it is explained.
func All() []Fault {
	return []Fault{
		Reset, CutBody, SlowBody,
		Empty404, Empty503, Transient400, Persistent401, TokenExpired, CorruptItem,
		ErrorIn200, EmptyObject, WrongElement, RepeatedItem, MissingItem, LoopingLink, ForeignLink,
		DoneThen503, DoneThenReset, Lost503, LostReset,
		BatchMissing, BatchShuffled, BatchThrottled,
		ThrottledSeconds, ThrottledFraction, ThrottledDate, ThrottledSilent,
		OtherEdits, OtherDeletes, OtherCreates,
	}
}
