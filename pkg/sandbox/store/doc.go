// Package store keeps the folders and items of one mailbox and finds an item by
// every id it is known by: its default id, its immutable one, and those of a
// series' occurrences and exceptions.
//
// It promises that lists keep the order of arrival, that pages go by offset,
// and that a body is replaced, never changed, so that what it hands out can be
// kept. It knows no clock, mails nobody and decides nothing: what a change
// entails is the business of package tenant, which also does the locking. It
// refuses a second item of the same id, and nothing else.
package store
