package run

import "time"

// Rehearsal is what a run would send, take and cause.
type Rehearsal struct {
	// Requests are all that would be sent, Writes those that change something.
	Requests, Writes int
	// Took is how long that would take, if each request was in service for Service,
	// and on its way for Network there and back.
	Took, Service, Network time.Duration
	// Unknown names what nobody knows of Exchange, and was taken at its worst.
	Unknown []string
	// Mails are those that Exchange would send.
	Mails []Mail
}

// Mail is one that Exchange would send.
type Mail struct {
	Kind    string   `json:"kind"`
	From    string   `json:"from"`
	To      []string `json:"to"`
	Subject string   `json:"subject"`
}
