package jsonwalk

// Object is an object that is made of members of others, byte for byte.
type Object struct{ text []byte }

// Add adds a member: the name as it is written in JSON, without its quotes, and the
// bytes of the value.
func (o *Object) Add(name, value []byte) {
	before := byte(',')
	if len(o.text) == 0 {
		before = '{'
	}
	o.text = append(append(append(o.text, before, '"'), name...), `":`...)
	o.text = append(o.text, value...)
}

// Bytes is the object as it is now, until the next Add.
func (o *Object) Bytes() []byte {
	if len(o.text) == 0 {
		return []byte("{}")
	}
	return append(o.text, '}')
}
