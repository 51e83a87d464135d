// Package rules says whom Exchange mails about a change to an event, and names
// what Microsoft does not document.
//
// It promises pure answers: they follow from the event before and after, the
// facts and the time given. Where Microsoft does not say what happens a [Fact]
// decides, and an unknown fact is the answer that would hurt. It sends nothing
// and keeps nothing; package tenant does.
package rules
