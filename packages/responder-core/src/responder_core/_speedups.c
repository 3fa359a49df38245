/* Speedups: the steps of most requests, in C.
 *
 * Each does what a function in Python does, for what most requests are, and calls that function
 * for every other: nothing is decided here that is not decided there. `speedups.py` has what they
 * stand in for. No object of a request outlives its call, so a request belongs to one thread.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <string.h>
#ifdef __linux__
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#endif
/* What looks at files that the kernel has in memory: openat2(), statx() and preadv2(). */
#if defined(SYS_openat2) && defined(STATX_TYPE) && defined(RWF_NOWAIT)
#define HAS_PAGE_CACHE 1
#endif
#if PY_VERSION_HEX < 0x030C0000
#include <structmember.h>
#define Py_T_PYSSIZET T_PYSSIZET
#define Py_READONLY READONLY
#endif

static PyObject *str_type, *str_http, *str_headers, *str_root_path, *str_method, *str_path;
static PyObject *str_field, *str_fields, *str_body, *str_more_body, *str_formats, *str_choices;
static PyObject *str_plain_json, *str_filters, *str_status, *str_start, *str_part, *str_throw;
static PyObject *str_close, *str_proto, *str_get_all, *str_host, *str_state, *str_receive;
static PyObject *str_response_bytes, *str_accept;

/* The value of a key, a reference of the caller's own: 1, or 0 without one, or -1. */
static int
look_up(PyObject *dict, PyObject *key, PyObject **value)
{
#if PY_VERSION_HEX >= 0x030D0000
    return PyDict_GetItemRef(dict, key, value);
#else
    *value = Py_XNewRef(PyDict_GetItemWithError(dict, key));
    return *value != NULL ? 1 : PyErr_Occurred() ? -1 : 0;
#endif
}

/* Finds the one value of a header field, borrowed from the list: 1, or 0 without one, or -1 where
 * there are several, or where the list is no plain one. */
static int
find_field(PyObject *fields, const char *name, Py_ssize_t length, PyObject **value)
{
    int found = 0;
    if (!PyList_CheckExact(fields)) {
        return -1;
    }
    for (Py_ssize_t index = 0; index < PyList_GET_SIZE(fields); index++) {
        PyObject *field = PyList_GET_ITEM(fields, index);
        if (!PyTuple_CheckExact(field) || PyTuple_GET_SIZE(field) != 2) {
            return -1;
        }
        PyObject *each = PyTuple_GET_ITEM(field, 0);
        if (!PyBytes_CheckExact(each)) {
            return -1;
        }
        if (PyBytes_GET_SIZE(each) == length
            && memcmp(PyBytes_AS_STRING(each), name, (size_t)length) == 0) {
            if (found++) {
                return -1;
            }
            *value = PyTuple_GET_ITEM(field, 1);
        }
    }
    return found;
}

/* Another where the functions of the module take other arguments; `speedups.py` asks for it. */
#define EDITION 9

#define MOST_HELD 14
#define MOST_SLOTS 23 /* REQUEST_SLOTS + RESPONSE_SLOTS */

/* What the values of a type are: one way of several, and what it has inside. */
typedef struct Shape {
    struct Shape *other, *inner, *next; /* another way; items or the first field; the next field */
    PyObject *held;                     /* a class, or the texts that it may be, or None */
    Py_ssize_t offset;                  /* of a field in its Struct */
    long long least, most;
    double low, high;
    int kind;
} Shape;

/* A step: called as a function is, with what it needs beside its arguments. */
typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    PyObject *held[MOST_HELD];
    Py_ssize_t slots[MOST_SLOTS];
    Py_ssize_t limit;
    Shape *shape;
} Step;

static PyTypeObject StepType;

/* The exception that is raised, which is no more then. */
static PyObject *
take_raised(void)
{
#if PY_VERSION_HEX >= 0x030C0000
    return PyErr_GetRaisedException();
#else
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != NULL) {
        PyException_SetTraceback(value, traceback);
    }
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return value;
#endif
}

/* Dispatch: from a scope to the coroutine of what serves it. */

/* What takes a request from where its path is no first step of the table, and how it looks there;
 * RouteTable.static and .endings, the hosts that were found good, a look that fails with an error, and
 * the function that it stands in for; by RSGI, too, the classes of a scope and of a channel, and the
 * state of the lifespan. */
enum { SEARCH, WALK, PATHS, ENDINGS, HOSTS, FAILS, WHOLE, SCOPE_CLASS, CHANNEL_CLASS, STATE };
#define NO_FIRST_STEP 2
#define NO_VALUE 3

/* The door of a path and its parameters: 1, or NO_FIRST_STEP, or NO_VALUE with what a convertor has
 * raised, or 0 where that takes more, or -1. */
static int
find_path(Step *self, PyObject *method, PyObject *path, PyObject **door, PyObject **params)
{
    PyObject *table = NULL, *head = NULL, *tail = NULL, *ending = NULL, *value;
    int result;
    if (!PyUnicode_CheckExact(method) || !PyUnicode_CheckExact(path)) {
        return 0;
    }
    if ((result = look_up(self->held[PATHS], method, &table)) < 0) {
        return result;
    }
    if (result) {
        result = look_up(table, path, door);
        Py_CLEAR(table);
        if (result) {
            *params = result > 0 ? PyDict_New() : NULL;
            return result > 0 && *params == NULL ? -1 : result;
        }
    }
    if ((result = look_up(self->held[ENDINGS], method, &table)) <= 0) {
        return result < 0 ? -1 : NO_FIRST_STEP;
    }
    Py_ssize_t length = PyUnicode_GET_LENGTH(path);
    Py_ssize_t slash = PyUnicode_FindChar(path, '/', 0, length, -1);
    if (slash < 0) {
        result = slash == -1 ? NO_FIRST_STEP : -1;
        goto done;
    }
    if ((head = PyUnicode_Substring(path, 0, slash)) == NULL) {
        result = -1;
        goto done;
    }
    if ((result = look_up(table, head, &ending)) <= 0) {
        result = result < 0 ? -1 : NO_FIRST_STEP;
        goto done;
    }
    result = -1;
    if ((tail = PyUnicode_Substring(path, slash + 1, length)) == NULL) {
        goto done;
    }
    value = PyObject_CallOneArg(PyTuple_GET_ITEM(ending, 0), tail);
    if (value == NULL || value == Py_None) {
        /* What is no value here may be one for another ending. */
        result = value != NULL ? 0 : PyErr_ExceptionMatches(PyExc_Exception) ? NO_VALUE : -1;
        Py_XDECREF(value);
        goto done;
    }
    *params = PyDict_New();
    if (*params != NULL && PyDict_SetItem(*params, PyTuple_GET_ITEM(ending, 2), value) == 0) {
        *door = Py_NewRef(PyTuple_GET_ITEM(ending, 1));
        result = 1;
    }
    Py_DECREF(value);
done:
    Py_XDECREF(table);
    Py_XDECREF(head);
    Py_XDECREF(tail);
    Py_XDECREF(ending);
    return result;
}

/* As above, of a request by ASGI. */
static int
find_door(Step *self, PyObject *scope, PyObject **door, PyObject **params)
{
    PyObject *value = NULL, *fields = NULL, *method = NULL, *path = NULL;
    int result = look_up(scope, str_type, &value);
    if (result <= 0) {
        return result;
    }
    result = value == str_http
        || (PyUnicode_CheckExact(value) && PyUnicode_CompareWithASCIIString(value, "http") == 0);
    Py_DECREF(value);
    if (!result || (result = look_up(scope, str_root_path, &value)) < 0) {
        return result;
    }
    if (result) {
        result = PyObject_IsTrue(value);
        Py_DECREF(value);
        if (result) {
            return result < 0 ? -1 : 0;
        }
    }
    if ((result = look_up(scope, str_headers, &fields)) <= 0) {
        return result;
    }
    result = find_field(fields, "host", 4, &value) == 1 && PyBytes_CheckExact(value)
        ? PySet_Contains(self->held[HOSTS], value) : 0;
    if (result > 0 && (result = look_up(scope, str_method, &method)) > 0
        && (result = look_up(scope, str_path, &path)) > 0) {
        result = find_path(self, method, path, door, params);
    }
    Py_XDECREF(fields);
    Py_XDECREF(method);
    Py_XDECREF(path);
    return result;
}

/* How the path is looked at where there was no first step, or where that has raised something. */
static PyObject *
find_look(Step *self, int found)
{
    if (found == NO_FIRST_STEP) {
        return Py_NewRef(self->held[WALK]);
    }
    PyObject *error = take_raised();
    PyObject *look = PyObject_CallOneArg(self->held[FAILS], error);
    Py_DECREF(error);
    return look;
}

/* What serves a request by its door, or the error that there is none. */
static PyObject *
open_door(PyObject *door, PyObject *scope, PyObject *receive, PyObject *send, PyObject *params)
{
    PyObject *with[6] = {NULL, door, scope, receive, send, params};
    return PyObject_Vectorcall(
        PyTuple_GET_ITEM(door, 0), with + 1, 5 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}

static PyObject *
dispatch(PyObject *callable, PyObject *const *args, size_t count, PyObject *names)
{
    Step *self = (Step *)callable;
    if (names != NULL || PyVectorcall_NARGS(count) != 3 || !PyDict_CheckExact(args[0])) {
        return PyObject_Vectorcall(self->held[WHOLE], args, count, names);
    }
    PyObject *door = NULL, *params = NULL, *awaitable = NULL;
    int found = find_door(self, args[0], &door, &params);
    if (found == 0) {
        return PyObject_Vectorcall(self->held[WHOLE], args, 3, NULL);
    }
    if (found == NO_FIRST_STEP || found == NO_VALUE) {
        PyObject *with[5] = {NULL, args[0], args[1], args[2], find_look(self, found)};
        awaitable = with[4] == NULL ? NULL : PyObject_Vectorcall(
            self->held[SEARCH], with + 1, 4 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
        Py_XDECREF(with[4]);
        return awaitable;
    }
    if (found > 0) {
        awaitable = open_door(door, args[0], args[1], args[2], params);
    }
    Py_XDECREF(door);
    Py_XDECREF(params);
    return awaitable;
}

/* Pair: a request and its response, made as their classes make them. */

static const char *const request_names[] = {
    "scope", "receive", "send", "api", "route", "path_params", "opened_body", "received",
    "resources", "known_headers", "known_params", "known_cookies", "known_state", "known_extras",
};
static const char *const response_names[] = {
    "req", "representation", "status_code", "own_body", "encoded", "own_mimetype", "own_headers",
    "own_cookies", "delivery",
};
#define REQUEST_SLOTS 14
#define RESPONSE_SLOTS 9
enum { SCOPE, RECEIVE, OWN_API = 3, PATH_PARAMS = 5, OPENED_BODY, RECEIVED, RESOURCES };
enum { REQ, REPRESENTATION, STATUS_CODE, OWN_BODY, ENCODED, OWN_MIMETYPE, OWN_HEADERS };

/* Where the slots of a class are, in bytes from the beginning of an object. */
static int
find_slots(PyObject *type, const char *const *names, int count, Py_ssize_t *offsets)
{
    for (int index = 0; index < count; index++) {
        PyObject *descriptor = PyObject_GetAttrString(type, names[index]);
        if (descriptor == NULL) {
            return -1;
        }
        if (!Py_IS_TYPE(descriptor, &PyMemberDescr_Type)) {
            Py_DECREF(descriptor);
            PyErr_Format(PyExc_TypeError, "%R.%s is no slot", type, names[index]);
            return -1;
        }
        offsets[index] = ((PyMemberDescrObject *)descriptor)->d_member->offset;
        Py_DECREF(descriptor);
    }
    return 0;
}

#define SLOT(object, offset) (*(PyObject **)((char *)(object) + (offset)))

/* The two classes, the app, and the representation of no body. */
enum { REQUEST_CLASS, RESPONSE_CLASS, API, NOTHING };

/* (scope, receive, send, route, path_params) → (req, resp) */
static PyObject *
make_pair(PyObject *callable, PyObject *const *args, size_t count, PyObject *names)
{
    Step *self = (Step *)callable;
    if (names != NULL || PyVectorcall_NARGS(count) != 5) {
        PyErr_SetString(PyExc_TypeError, "a pair is made of five arguments by position");
        return NULL;
    }
    PyTypeObject *request_class = (PyTypeObject *)self->held[REQUEST_CLASS];
    PyTypeObject *response_class = (PyTypeObject *)self->held[RESPONSE_CLASS];
    PyObject *pair = PyTuple_New(2);
    PyObject *req = request_class->tp_alloc(request_class, 0);
    PyObject *resp = response_class->tp_alloc(response_class, 0);
    if (pair == NULL || req == NULL || resp == NULL) {
        Py_XDECREF(pair);
        Py_XDECREF(req);
        Py_XDECREF(resp);
        return NULL;
    }
    PyObject *const given[] = {args[0], args[1], args[2], self->held[API], args[3], args[4]};
    for (int index = 0; index < REQUEST_SLOTS; index++) {
        SLOT(req, self->slots[index]) = Py_NewRef(index < 6 ? given[index] : Py_None);
    }
    const Py_ssize_t *slots = self->slots + REQUEST_SLOTS;
    SLOT(resp, slots[REQ]) = Py_NewRef(req);
    SLOT(resp, slots[REPRESENTATION]) = Py_NewRef(self->held[NOTHING]);
    for (int index = STATUS_CODE; index < RESPONSE_SLOTS; index++) {
        SLOT(resp, slots[index]) = Py_NewRef(Py_None);
    }
    PyTuple_SET_ITEM(pair, 0, req);
    PyTuple_SET_ITEM(pair, 1, resp);
    return pair;
}

/* RSGI: a request as granian tells of it, and a whole answer as granian takes it. */

static const char *const scope_names[] = {"raw", "fields"};
static const char *const channel_names[] = {"protocol", "scope", "flow"};
#define SCOPE_SLOTS 2
#define CHANNEL_SLOTS 3

/* Whether granian tells of a request whose host was found good: 1 or 0, or -1. */
static int
is_known(Step *self, PyObject *raw, PyObject **headers)
{
    PyObject *proto = PyObject_GetAttr(raw, str_proto), *names = NULL;
    int result = proto == NULL ? -1 : PyUnicode_Check(proto)
        && PyUnicode_CompareWithASCIIString(proto, "http") == 0;
    Py_XDECREF(proto);
    if (result > 0) {
        *headers = PyObject_GetAttr(raw, str_headers);
        names = *headers == NULL
            ? NULL : PyObject_CallMethodOneArg(*headers, str_get_all, str_host);
        result = names == NULL ? -1
            : PyList_CheckExact(names) && PyList_GET_SIZE(names) == 1
                ? PySet_Contains(self->held[HOSTS], PyList_GET_ITEM(names, 0)) : 0;
        Py_XDECREF(names);
    }
    return result;
}

/* The scope of a request, and its channel: 1, or -1. */
static int
make_channel(Step *self, PyObject *raw, PyObject *headers, PyObject *protocol, PyObject **scope,
             PyObject **channel)
{
    PyTypeObject *channel_class = (PyTypeObject *)self->held[CHANNEL_CLASS];
    *scope = PyObject_CallNoArgs(self->held[SCOPE_CLASS]);
    *channel = channel_class->tp_alloc(channel_class, 0);
    if (*scope == NULL || *channel == NULL) {
        return -1;
    }
    PyObject *const given[] = {protocol, *scope, Py_None};
    for (int index = 0; index < CHANNEL_SLOTS; index++) {
        SLOT(*channel, self->slots[SCOPE_SLOTS + index]) = Py_NewRef(given[index]);
    }
    SLOT(*scope, self->slots[0]) = Py_NewRef(raw);
    SLOT(*scope, self->slots[1]) = Py_NewRef(headers);
    if (PyDict_GET_SIZE(self->held[STATE]) == 0) {
        return 1;
    }
    PyObject *state = PyDict_Copy(self->held[STATE]);
    int result = state == NULL ? -1 : PyDict_SetItem(*scope, str_state, state);
    Py_XDECREF(state);
    return result < 0 ? -1 : 1;
}

/* (raw, protocol) → what is awaited */
static PyObject *
dispatch_raw(PyObject *callable, PyObject *const *args, size_t count, PyObject *names)
{
    Step *self = (Step *)callable;
    PyObject *headers = NULL, *method = NULL, *path = NULL, *door = NULL, *params = NULL;
    PyObject *scope = NULL, *channel = NULL, *receive = NULL, *awaitable = NULL, *look = NULL;
    int found = names == NULL && PyVectorcall_NARGS(count) == 2
        ? is_known(self, args[0], &headers) : 0;
    if (found > 0) {
        method = PyObject_GetAttr(args[0], str_method);
        path = method == NULL ? NULL : PyObject_GetAttr(args[0], str_path);
        found = path == NULL ? -1 : find_path(self, method, path, &door, &params);
    }
    if ((found == NO_FIRST_STEP || found == NO_VALUE) && (look = find_look(self, found)) == NULL) {
        found = -1;
    }
    if (found > 0 && make_channel(self, args[0], headers, args[1], &scope, &channel) < 0) {
        found = -1;
    }
    if (found == 0) {
        awaitable = PyObject_Vectorcall(self->held[WHOLE], args, count, names);
    }
    else if (found > 0 && look != NULL) {
        PyObject *with[6] = {NULL, args[0], channel, method, path, look};
        awaitable = PyObject_Vectorcall(
            self->held[SEARCH], with + 1, 5 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    }
    else if (found > 0 && (receive = PyObject_GetAttr(channel, str_receive)) != NULL) {
        awaitable = open_door(door, scope, receive, channel, params);
    }
    Py_XDECREF(headers);
    Py_XDECREF(method);
    Py_XDECREF(path);
    Py_XDECREF(door);
    Py_XDECREF(params);
    Py_XDECREF(scope);
    Py_XDECREF(channel);
    Py_XDECREF(receive);
    Py_XDECREF(look);
    return awaitable;
}

/* The class of requests; that of scopes; what it stands in for. */
enum { ACCEPT_OF, IN_SCOPE, ACCEPT };

/* (req) → bytes or None */
static PyObject *
read_accept(PyObject *callable, PyObject *const *args, size_t count, PyObject *names)
{
    Step *self = (Step *)callable;
    PyObject *scope = NULL, *texts = NULL, *value = NULL;
    if (names == NULL && PyVectorcall_NARGS(count) == 1
        && (PyObject *)Py_TYPE(args[0]) == self->held[ACCEPT_OF]) {
        scope = SLOT(args[0], self->slots[0]);
    }
    if (scope != NULL && (PyObject *)Py_TYPE(scope) == self->held[IN_SCOPE]
        && SLOT(scope, self->slots[1]) != NULL && PyDict_Contains(scope, str_headers) == 0) {
        texts = PyObject_CallMethodOneArg(SLOT(scope, self->slots[1]), str_get_all, str_accept);
        if (texts == NULL) {
            return NULL;
        }
        if (PyList_CheckExact(texts) && PyList_GET_SIZE(texts) < 2) {
            value = PyList_GET_SIZE(texts) == 0
                ? Py_NewRef(Py_None) : PyUnicode_AsLatin1String(PyList_GET_ITEM(texts, 0));
            Py_DECREF(texts);
            return value;
        }
        Py_DECREF(texts);
    }
    return PyObject_Vectorcall(self->held[ACCEPT], args, count, names);
}

/* The class of channels; header fields as texts, which makes those that it has not; what it stands
 * in for. */
enum { ANSWERS, DECODED, ANSWER };

/* Header fields as texts, but for the length that granian tells by itself, or NULL. */
static PyObject *
decode_fields(PyObject *decoded, PyObject *fields, int has_body)
{
    PyObject *texts = PyList_New(0);
    for (Py_ssize_t index = 0; texts != NULL && index < PyList_GET_SIZE(fields); index++) {
        PyObject *field = Py_NewRef(PyList_GET_ITEM(fields, index)), *text = NULL, *name;
        int left = 0;
        if (has_body && PyTuple_CheckExact(field) && PyTuple_GET_SIZE(field) == 2) {
            name = PyTuple_GET_ITEM(field, 0);
            left = PyBytes_CheckExact(name) && PyBytes_GET_SIZE(name) == 14
                && memcmp(PyBytes_AS_STRING(name), "content-length", 14) == 0;
        }
        if (!left) {
            int known = look_up(decoded, field, &text);
            if (known == 0) {
                text = PyObject_GetItem(decoded, field); /* which makes it */
            }
            if (text == NULL || PyList_Append(texts, text) < 0) {
                Py_CLEAR(texts);
            }
            Py_XDECREF(text);
        }
        Py_DECREF(field);
    }
    return texts;
}

/* (channel, status, fields, body) → None */
static PyObject *
answer_whole(PyObject *callable, PyObject *const *args, size_t count, PyObject *names)
{
    Step *self = (Step *)callable;
    if (names != NULL || PyVectorcall_NARGS(count) != 4
        || (PyObject *)Py_TYPE(args[0]) != self->held[ANSWERS]
        || SLOT(args[0], self->slots[0]) == NULL || !PyList_CheckExact(args[2])
        || !PyBytes_CheckExact(args[3])) {
        return PyObject_Vectorcall(self->held[ANSWER], args, count, names);
    }
    PyObject *texts = decode_fields(self->held[DECODED], args[2], PyBytes_GET_SIZE(args[3]) > 0);
    if (texts == NULL) {
        return NULL;
    }
    PyObject *given[4] = {SLOT(args[0], self->slots[0]), args[1], texts, args[3]};
    PyObject *answered = PyObject_VectorcallMethod(str_response_bytes, given, 4, NULL);
    Py_DECREF(texts);
    return answered;
}

/* Finishing: the answer of a response that is a text, a page or media, and of what it says beside
 * that nothing but header fields that nobody else looks at. */

/* The classes of requests and responses; the representations; what was chosen for Accept fields;
 * the fields of Content-Length; Vary; the statuses that have a body every day; the class of what is
 * encoded already; the names of fields that are looked at; what reads the Accept field of a request,
 * or None where it is read from the scope; what it stands in for. */
enum {
    ASKED, ANSWERED, TEXT, HTML, MEDIA, CHOICES, LENGTHS, VARY, STATUSES, KEPT, SPECIAL, READ_ACCEPT,
    REFUSE, FINISH
};

/* What was chosen for the Accept field of a request: 1, or 0 where it takes more, or -1. */
static int
find_choice(Step *self, PyObject *req, PyObject **choice)
{
    PyObject *accept = Py_None, *fields = NULL, *scope;
    int result;
    if (req == NULL || !PyObject_TypeCheck(req, (PyTypeObject *)self->held[ASKED])) {
        return 0;
    }
    if (self->held[READ_ACCEPT] != Py_None) {
        accept = PyObject_CallOneArg(self->held[READ_ACCEPT], req);
        result = accept == NULL ? -1 : look_up(self->held[CHOICES], accept, choice);
        Py_XDECREF(accept);
        return result;
    }
    scope = SLOT(req, self->slots[0]);
    if (scope == NULL || !PyDict_CheckExact(scope)) {
        return 0;
    }
    if ((result = look_up(scope, str_headers, &fields)) <= 0) {
        return result;
    }
    result = find_field(fields, "accept", 6, &accept) >= 0
            && (accept == Py_None || PyBytes_CheckExact(accept))
        ? look_up(self->held[CHOICES], accept, choice) : 0;
    Py_DECREF(fields);
    return result;
}

/* The header fields of a response, in a list of one's own: 1, or 0 where it takes more, or -1. */
static int
take_fields(Step *self, PyObject *headers, PyObject **fields)
{
    if ((*fields = PyObject_GetAttr(headers, str_fields)) == NULL) {
        return -1;
    }
    if (!PyList_CheckExact(*fields)) {
        return 0;
    }
    for (Py_ssize_t index = 0; index < PyList_GET_SIZE(*fields); index++) {
        PyObject *field = PyList_GET_ITEM(*fields, index);
        if (!PyTuple_CheckExact(field) || PyTuple_GET_SIZE(field) != 2) {
            return 0;
        }
        int found = PySet_Contains(self->held[SPECIAL], PyTuple_GET_ITEM(field, 0));
        if (found != 0) {
            return found < 0 ? -1 : 0;
        }
    }
    return 1;
}

/* The body as bytes, its Content-Type and whether Accept chose it: 1, or 0 where it takes more. */
static int
encode_body(Step *self, PyObject *resp, PyObject **body, PyObject **field, int *varies)
{
    const Py_ssize_t *slots = self->slots + 1;
    PyObject *form = SLOT(resp, slots[REPRESENTATION]), *value = SLOT(resp, slots[OWN_BODY]);
    PyObject *known = SLOT(resp, slots[ENCODED]);
    if (form == self->held[TEXT] || form == self->held[HTML]) {
        if (!PyUnicode_CheckExact(value) || known != Py_None) {
            return 0;
        }
        *field = PyObject_GetAttr(form, str_field);
        *body = PyUnicode_AsUTF8String(value);
        return *field != NULL && *body != NULL ? 1 : -1;
    }
    if (form != self->held[MEDIA]) {
        return 0;
    }
    if (known != Py_None) {
        if ((PyObject *)Py_TYPE(known) != self->held[KEPT] || PyTuple_GET_ITEM(known, 0) != value
            || PyTuple_GET_ITEM(known, 1) != form || PyTuple_GET_ITEM(known, 3) == Py_None) {
            return 0;
        }
        *body = Py_NewRef(PyTuple_GET_ITEM(known, 2));
        *field = Py_NewRef(PyTuple_GET_ITEM(known, 3));
        *varies = PyTuple_GET_ITEM(known, 4) == Py_True && self->held[VARY] != Py_None;
        return 1;
    }
    PyObject *choice = NULL;
    int result = find_choice(self, SLOT(resp, slots[REQ]), &choice);
    if (result <= 0) {
        return result;
    }
    *field = Py_NewRef(PyTuple_GET_ITEM(choice, 1));
    Py_INCREF(value); /* What encodes it may call the program, which may put another. */
    *body = PyObject_CallOneArg(PyTuple_GET_ITEM(choice, 0), value);
    Py_DECREF(value);
    *varies = self->held[VARY] != Py_None;
    Py_DECREF(choice);
    return *body != NULL ? 1 : -1;
}

/* (resp) → (status, fields, body), or what the function in Python gives. */
static PyObject *
finish_plain(PyObject *callable, PyObject *const *args, size_t count, PyObject *names)
{
    Step *self = (Step *)callable;
    PyObject *body = NULL, *field = NULL, *fields = NULL, *status = NULL, *answer = NULL;
    int varies = 0;
    if (names != NULL || PyVectorcall_NARGS(count) != 1
        || (PyObject *)Py_TYPE(args[0]) != self->held[ANSWERED]) {
        goto whole;
    }
    const Py_ssize_t *slots = self->slots + 1;
    for (int index = 0; index < RESPONSE_SLOTS; index++) {
        PyObject *value = SLOT(args[0], slots[index]);
        if (value == NULL
            || (index >= OWN_MIMETYPE && index != OWN_HEADERS && value != Py_None)) {
            goto whole;
        }
    }
    PyObject *said = SLOT(args[0], slots[STATUS_CODE]);
    if (said != Py_None
        && (!PyLong_CheckExact(said) || PySet_Contains(self->held[STATUSES], said) != 1)) {
        goto whole;
    }
    status = said == Py_None ? PyLong_FromLong(200) : Py_NewRef(said);
    PyObject *headers = SLOT(args[0], slots[OWN_HEADERS]);
    if (headers != Py_None && take_fields(self, headers, &fields) <= 0) {
        goto whole;
    }
    int encoded = encode_body(self, args[0], &body, &field, &varies);
    if (encoded < 0) {
        /* It is not called once more, as that may not fail, and may not be the same. */
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyObject *error = take_raised();
            answer = PyObject_CallFunctionObjArgs(self->held[REFUSE], args[0], error, NULL);
            Py_DECREF(error);
        }
        goto done;
    }
    if (encoded == 0 || !PyBytes_CheckExact(body)) {
        goto whole;
    }
    if (PyBytes_GET_SIZE(body) >= self->limit) {
        /* It takes more, but not the encoding once more. */
        PyObject *kept = SLOT(args[0], slots[ENCODED]);
        kept = kept != Py_None ? Py_NewRef(kept) : PyObject_CallFunctionObjArgs(
            self->held[KEPT], SLOT(args[0], slots[OWN_BODY]), SLOT(args[0], slots[REPRESENTATION]),
            body, field, varies ? Py_True : Py_False, NULL);
        if (kept != NULL) {
            Py_XSETREF(SLOT(args[0], slots[ENCODED]), kept);
        }
        goto whole;
    }
    PyObject *length = PyList_GetItem(self->held[LENGTHS], PyBytes_GET_SIZE(body));
    if (length == NULL || status == NULL) {
        goto done;
    }
    if (fields != NULL) {
        if (PyList_Insert(fields, 0, field) == 0
            && (!varies || PyList_Append(fields, self->held[VARY]) == 0)
            && PyList_Append(fields, length) == 0) {
            answer = PyTuple_Pack(3, status, fields, body);
        }
    }
    else if ((fields = PyList_New(varies ? 3 : 2)) != NULL) {
        PyList_SET_ITEM(fields, 0, Py_NewRef(field));
        PyList_SET_ITEM(fields, 1, Py_NewRef(length));
        if (varies) {
            PyList_SET_ITEM(fields, 2, Py_NewRef(self->held[VARY]));
        }
        answer = PyTuple_Pack(3, status, fields, body);
    }
    goto done;
whole:
    if (!PyErr_Occurred() || PyErr_ExceptionMatches(PyExc_Exception)) {
        PyErr_Clear();
        answer = PyObject_Vectorcall(self->held[FINISH], args, count, names);
    }
done:
    Py_XDECREF(status);
    Py_XDECREF(fields);
    Py_XDECREF(field);
    Py_XDECREF(body);
    return answer;
}

/* Serving: what a server awaits, in place of the coroutine of `door.serve()` or `send_whole()`. It
 * makes the request, awaits the view and the server's `send` itself, and gives what they yield to
 * who awaits it; so it does with the hooks of an exchange and with what reads the arguments of the
 * view. Whatever fails, and every answer that is no short body, goes on in a coroutine of
 * Python, `proceed()` there, which it awaits as its last. It is no coroutine of Python's own, which
 * a program cannot make, but does all that `collections.abc.Coroutine` asks for. */

/* The pair that is made; the context variable of the request; what writes a result, what finishes,
 * what goes on, and what awaits that which is no coroutine; the class of a channel and what answers
 * by it, or None; what sends an answer. */
enum { PAIR, CURRENT, WRITE, FINISH_PLAIN, PROCEED, WAIT, CHANNEL, ANSWER_WHOLE, SEND_WHOLE };
/* What is awaited; FRESH where nothing was yet, and OVER where nothing is any more. */
enum { FRESH, HOOK, MESSAGE, ARGUMENTS, VIEW, HEAD, BODY, REST, OVER };
/* Where `proceed()` goes on, as `door.py` has it. */
enum { FAILED, UNFINISHED, MORE, FINISHED, BROKEN, SENT };
/* Where the slots of a request and of a response are that are looked at. */
enum { AT_RESOURCES, AT_RECEIVE, AT_PARAMS, AT_STATUS };
/* The parts of an exchange: what does all of it in Python; the hooks before the view; what gives its
 * arguments at once, or is awaited for them; what expects, takes and decodes a body of JSON, and the
 * name that it is given by; the view, what writes its result, and how it was written. None stands
 * for what there is not. */
enum { IN_ALL, HOOKS, BIND_NOW, BIND, EXPECTS, TAKE, DECODE, NAMES, CALL, WRITE_OWN, ORIGIN };

typedef struct {
    PyObject_HEAD
    Step *step;
    PyObject *door, *scope, *receive, *send, *params; /* as door.serve() is given them */
    PyObject *req, *resp, *answer, *awaited;
    Step *exchange; /* whose steps are gone by, as long as there is its door, or NULL */
    Py_ssize_t called; /* hooks of it */
    char state, is_running;
    PyObject *weak;
} Serving;

static PyTypeObject ServingType;

/* Takes what is awaited from now on, or the error that there is none. */
static int
await_next(Serving *self, PyObject *value)
{
    if (value != NULL && !PyCoro_CheckExact(value)) {
        PyObject *waiting = PyObject_CallOneArg(self->step->held[WAIT], value);
        Py_DECREF(value);
        value = waiting;
    }
    Py_XSETREF(self->awaited, value);
    return value != NULL ? 0 : -1;
}

/* Lets Python go on from somewhere, with a value that is taken. */
static int
proceed(Serving *self, int where, PyObject *value)
{
    PyObject *from = value == NULL ? NULL : PyLong_FromLong(where);
    PyObject *rest = from == NULL ? NULL : PyObject_CallFunctionObjArgs(
        self->step->held[PROCEED], self->receive, self->send, self->req, self->resp, from, value,
        NULL);
    Py_XDECREF(from);
    Py_XDECREF(value);
    self->state = REST;
    return await_next(self, rest);
}

/* As above, with what is raised; what is no Exception ends the request, wherever that was. */
static int
proceed_raised(Serving *self, int where)
{
    if (self->req == NULL) {
        return -1; /* A refusal has no request that could be told. */
    }
    int fails = PyErr_ExceptionMatches(PyExc_Exception);
    return proceed(self, fails ? where : BROKEN, take_raised());
}

/* Awaits the server, which takes a message of two or three members. */
static int
send_message(Serving *self, PyObject *type, PyObject *key, PyObject *value, PyObject *last_key,
             PyObject *last)
{
    PyObject *message = PyDict_New(), *sending = NULL;
    if (message != NULL && PyDict_SetItem(message, str_type, type) == 0
        && PyDict_SetItem(message, key, value) == 0
        && (last == NULL || PyDict_SetItem(message, last_key, last) == 0)) {
        sending = PyObject_CallOneArg(self->send, message);
    }
    Py_XDECREF(message);
    return await_next(self, sending) < 0 ? proceed_raised(self, BROKEN) : 0;
}

/* Awaits that the head of the answer is sent. */
static int
send_head(Serving *self)
{
    self->state = HEAD;
    return send_message(self, str_start, str_status, PyTuple_GET_ITEM(self->answer, 0),
                        str_headers, PyTuple_GET_ITEM(self->answer, 1));
}

static int answer_request(Serving *self);

/* What a slot of an object has, borrowed, or the error that it is empty. */
static PyObject *
read_slot(PyObject *object, Py_ssize_t offset)
{
    if (SLOT(object, offset) == NULL) {
        PyErr_Format(PyExc_AttributeError, "an attribute of %R was deleted", object);
    }
    return SLOT(object, offset);
}

/* Awaits what is called with a request and its response, and keywords. */
static int
call_with(Serving *self, int state, PyObject *callable, PyObject *keywords)
{
    PyObject *both[3] = {NULL, self->req, self->resp};
    PyObject *called = PyObject_VectorcallDict(
        callable, both + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, keywords);
    self->state = (char)state;
    return await_next(self, called) < 0 ? proceed_raised(self, FAILED) : 0;
}

/* Awaits the view of an exchange, with arguments that are taken, or the error that they are not. */
static int
call_bound(Serving *self, PyObject *arguments)
{
    if (arguments != NULL && !PyDict_CheckExact(arguments)) {
        PyObject *plain = PyDict_New();
        if (plain != NULL && PyDict_Update(plain, arguments) < 0) {
            if (PyErr_ExceptionMatches(PyExc_AttributeError)) { /* as of f(**arguments) */
                PyErr_Format(PyExc_TypeError, "argument after ** must be a mapping, not %.200s",
                             Py_TYPE(arguments)->tp_name);
            }
            Py_CLEAR(plain);
        }
        Py_SETREF(arguments, plain);
    }
    if (arguments == NULL) {
        return proceed_raised(self, FAILED);
    }
    int result = call_with(self, VIEW, self->exchange->held[CALL], arguments);
    Py_DECREF(arguments);
    return result;
}

/* Awaits what gives the arguments, or the view where they are there. */
static int
bind_arguments(Serving *self)
{
    PyObject *const *held = self->exchange->held;
    if (held[BIND_NOW] != Py_None) {
        PyObject *both[3] = {NULL, self->req, self->resp};
        return call_bound(self, PyObject_Vectorcall(
            held[BIND_NOW], both + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL));
    }
    if (held[BIND] != Py_None) {
        return call_with(self, ARGUMENTS, held[BIND], NULL);
    }
    return call_bound(self, Py_XNewRef(read_slot(self->req, self->step->slots[AT_PARAMS])));
}

/* Awaits the message that has a body of JSON, or the arguments where none is expected. */
static int
expect_message(Serving *self)
{
    PyObject *const *held = self->exchange->held;
    if (held[EXPECTS] == Py_None) {
        return bind_arguments(self);
    }
    PyObject *expected = PyObject_CallOneArg(held[EXPECTS], self->req);
    int expects = expected == NULL ? -1 : PyObject_IsTrue(expected);
    Py_XDECREF(expected);
    if (expects == 0) {
        return bind_arguments(self);
    }
    PyObject *receive = expects < 0 ? NULL : read_slot(self->req, self->step->slots[AT_RECEIVE]);
    self->state = MESSAGE;
    Py_XINCREF(receive);
    PyObject *receiving = receive == NULL ? NULL : PyObject_CallNoArgs(receive);
    Py_XDECREF(receive);
    return await_next(self, receiving) < 0 ? proceed_raised(self, FAILED) : 0;
}

/* Awaits the view with what a message has, which is taken; what is wrong with it is found by what
 * gives the arguments. */
static int
take_message(Serving *self, PyObject *message)
{
    PyObject *const *held = self->exchange->held;
    PyObject *both[3] = {NULL, self->req, message};
    PyObject *content = PyObject_Vectorcall(
        held[TAKE], both + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    Py_DECREF(message);
    if (content == NULL) {
        return proceed_raised(self, FAILED);
    }
    PyObject *value = content == Py_None ? NULL : PyObject_CallOneArg(held[DECODE], content);
    Py_DECREF(content);
    if (value == NULL) {
        if (PyErr_Occurred()) {
            if (!PyErr_ExceptionMatches(PyExc_ValueError)
                && !PyErr_ExceptionMatches(PyExc_RecursionError)) {
                return proceed_raised(self, FAILED);
            }
            PyErr_Clear();
        }
        return bind_arguments(self);
    }
    PyObject *given[4] = {NULL, self->req, self->resp, value};
    PyObject *called = PyObject_Vectorcall(
        held[CALL], given + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, held[NAMES]);
    Py_DECREF(value);
    self->state = VIEW;
    return await_next(self, called) < 0 ? proceed_raised(self, FAILED) : 0;
}

/* Awaits the next hook; or the answer, where one has answered; or what follows them. */
static int
call_hook(Serving *self)
{
    PyObject *hooks = self->exchange->held[HOOKS];
    if (self->called > 0) {
        PyObject *status = read_slot(self->resp, self->step->slots[AT_STATUS]);
        if (status != Py_None) {
            return status == NULL ? proceed_raised(self, FAILED) : answer_request(self);
        }
    }
    if (self->called == PyTuple_GET_SIZE(hooks)) {
        return expect_message(self);
    }
    return call_with(self, HOOK, PyTuple_GET_ITEM(hooks, self->called++), NULL);
}

/* (req, resp) → what is awaited; for who knows nothing of its parts. */
static PyObject *
run_exchange(PyObject *callable, PyObject *const *args, size_t count, PyObject *names)
{
    return PyObject_Vectorcall(((Step *)callable)->held[IN_ALL], args, count, names);
}

/* Makes the request, and awaits the view, or what its exchange begins with. */
static int
call_view(Serving *self)
{
    Step *step = self->step;
    PyObject *const given[] = {
        self->scope, self->receive, self->send, PyTuple_GET_ITEM(self->door, 2), self->params,
    };
    PyObject *pair = make_pair(step->held[PAIR], given, 5, NULL);
    if (pair == NULL) {
        return -1;
    }
    self->req = Py_NewRef(PyTuple_GET_ITEM(pair, 0));
    self->resp = Py_NewRef(PyTuple_GET_ITEM(pair, 1));
    PyObject *token = PyContextVar_Set(step->held[CURRENT], self->req);
    if (token == NULL) {
        Py_DECREF(pair);
        return -1;
    }
    Py_DECREF(token);
    PyObject *view = PyTuple_GET_ITEM(self->door, 1), *called;
    if (Py_IS_TYPE(view, &StepType) && ((Step *)view)->call == run_exchange) {
        Py_DECREF(pair);
        self->exchange = (Step *)view;
        return call_hook(self);
    }
    self->state = VIEW;
    int spreads = PyTuple_GET_ITEM(self->door, 3) == Py_True;
    if (spreads && PyDict_GET_SIZE(self->params) > 0) {
        called = PyObject_Call(view, pair, self->params);
    }
    else {
        PyObject *both[3] = {NULL, self->req, self->resp};
        called = PyObject_Vectorcall(view, both + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    }
    Py_DECREF(pair);
    return await_next(self, called) < 0 ? proceed_raised(self, FAILED) : 0;
}

/* What is left when the whole answer was sent: 1 for nothing, as below. */
static int
close_resources(Serving *self)
{
    if (self->req == NULL || SLOT(self->req, self->step->slots[AT_RESOURCES]) == Py_None) {
        return 1;
    }
    return proceed(self, SENT, Py_NewRef(Py_None));
}

/* Finishes the response, and awaits that it is sent. */
static int
answer_request(Serving *self)
{
    Step *step = self->step;
    PyObject *answer = PyObject_CallOneArg(step->held[FINISH_PLAIN], self->resp);
    if (answer == NULL) {
        return proceed_raised(self, UNFINISHED);
    }
    if (!PyTuple_CheckExact(answer) || PyTuple_GET_SIZE(answer) != 3) {
        return proceed(self, MORE, answer);
    }
    PyObject *body = PyTuple_GET_ITEM(answer, 2);
    if (!PyBytes_CheckExact(body)) {
        return proceed(self, FINISHED, answer);
    }
    if ((PyObject *)Py_TYPE(self->send) == step->held[CHANNEL]) {
        PyObject *given[5] = {
            NULL, self->send, PyTuple_GET_ITEM(answer, 0), PyTuple_GET_ITEM(answer, 1), body,
        };
        PyObject *sent = PyObject_Vectorcall(
            step->held[ANSWER_WHOLE], given + 1, 4 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
        Py_DECREF(answer);
        if (sent == NULL) {
            return proceed_raised(self, BROKEN);
        }
        Py_DECREF(sent);
        return close_resources(self);
    }
    if (PyBytes_GET_SIZE(body) > step->limit) {
        return proceed(self, FINISHED, answer);
    }
    self->answer = answer;
    return send_head(self);
}

/* What follows what was awaited, which gave a value, which is taken: 0 where something else is
 * awaited now, 1 where all is over, or -1. */
static int
follow(Serving *self, PyObject *value)
{
    if (self->state == MESSAGE) {
        return take_message(self, value);
    }
    if (self->state == ARGUMENTS) {
        return call_bound(self, value);
    }
    if (self->state == VIEW && (value != Py_None || self->exchange != NULL)) {
        Step *exchange = self->exchange;
        PyObject *given[4] = {
            NULL, self->resp, value,
            exchange != NULL ? exchange->held[ORIGIN] : PyTuple_GET_ITEM(self->door, 1),
        };
        PyObject *written = PyObject_Vectorcall(
            exchange != NULL ? exchange->held[WRITE_OWN] : self->step->held[WRITE], given + 1,
            3 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
        Py_DECREF(value);
        if (written == NULL) {
            return proceed_raised(self, FAILED);
        }
        value = written;
    }
    Py_DECREF(value);
    switch (self->state) {
    case HOOK:
        return call_hook(self);
    case VIEW:
        return answer_request(self);
    case HEAD:
        self->state = BODY;
        return send_message(
            self, str_part, str_body, PyTuple_GET_ITEM(self->answer, 2), NULL, NULL);
    case BODY:
        return close_resources(self);
    default:
        return 1;
    }
}

/* What follows what was awaited, where it has raised something: as above. */
static int
follow_raised(Serving *self)
{
    return self->state == REST ? -1 : proceed_raised(self, self->state <= VIEW ? FAILED : BROKEN);
}

static int
serving_clear(PyObject *object)
{
    Serving *self = (Serving *)object;
    self->state = OVER; /* Nothing is left that could go on. */
    Py_CLEAR(self->awaited);
    Py_CLEAR(self->answer);
    Py_CLEAR(self->resp);
    Py_CLEAR(self->req);
    Py_CLEAR(self->params);
    Py_CLEAR(self->send);
    Py_CLEAR(self->receive);
    Py_CLEAR(self->scope);
    Py_CLEAR(self->door);
    Py_CLEAR(self->step);
    return 0;
}

/* As a coroutine does (PEP 479): a StopIteration would say that all is over. */
static void
refuse_stop(void)
{
    if (PyErr_ExceptionMatches(PyExc_StopIteration)) {
        PyObject *stop = take_raised();
        PyErr_SetString(PyExc_RuntimeError, "coroutine raised StopIteration");
        PyObject *error = take_raised();
        PyException_SetContext(error, Py_NewRef(stop));
        PyException_SetCause(error, stop);
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
        Py_DECREF(error);
    }
}

/* Goes on with what an await came to, until something waits, or all is over. */
static PySendResult
go_on(Serving *self, PySendResult came, PyObject *value, PyObject **result)
{
    while (came != PYGEN_NEXT) {
        int is_over = came == PYGEN_RETURN ? follow(self, value) : follow_raised(self);
        if (is_over) {
            if (is_over < 0) {
                refuse_stop();
            }
            self->state = OVER;
            self->is_running = 0;
            serving_clear((PyObject *)self);
            *result = is_over > 0 ? Py_NewRef(Py_None) : NULL;
            return is_over > 0 ? PYGEN_RETURN : PYGEN_ERROR;
        }
        came = PyIter_Send(self->awaited, Py_None, &value);
    }
    self->is_running = 0;
    *result = value;
    return PYGEN_NEXT;
}

/* Begins to run, unless it runs, or has run. */
static int
enter(Serving *self)
{
    if (self->is_running) {
        PyErr_SetString(PyExc_ValueError, "coroutine already executing");
        return -1;
    }
    if (self->state == OVER) {
        PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited coroutine");
        return -1;
    }
    self->is_running = 1;
    return 0;
}

static PySendResult
serving_send(PyObject *object, PyObject *given, PyObject **result)
{
    Serving *self = (Serving *)object;
    PyObject *value = NULL;
    *result = NULL;
    if (enter(self) < 0) {
        return PYGEN_ERROR;
    }
    if (self->state == FRESH) {
        if (given != Py_None) {
            self->is_running = 0;
            PyErr_SetString(PyExc_TypeError,
                            "can't send non-None value to a just-started coroutine");
            return PYGEN_ERROR;
        }
        if ((self->answer != NULL ? send_head(self) : call_view(self)) < 0) {
            self->state = REST; /* Nothing is awaited that could follow. */
            return go_on(self, PYGEN_ERROR, NULL, result);
        }
    }
    PySendResult came = PyIter_Send(self->awaited, given, &value);
    return go_on(self, came, value, result);
}

/* As iterators give it: what returns None raises nothing. */
static PyObject *
serving_next(PyObject *self)
{
    PyObject *result;
    if (serving_send(self, Py_None, &result) == PYGEN_RETURN) {
        Py_CLEAR(result);
    }
    return result;
}

/* As methods of coroutines give it, with a StopIteration. */
static PyObject *
give(PySendResult came, PyObject *result)
{
    if (came == PYGEN_RETURN) {
        Py_CLEAR(result);
        PyErr_SetNone(PyExc_StopIteration);
    }
    return result;
}

static PyObject *
serving_send_to(PyObject *self, PyObject *given)
{
    PyObject *result;
    PySendResult came = serving_send(self, given, &result);
    return give(came, result);
}

/* Raises an exception where it waits. */
static PyObject *
throw_in(Serving *self, PyObject *exception)
{
    PyObject *value = NULL, *result;
    PySendResult came = PYGEN_NEXT;
    if (enter(self) < 0) {
        return NULL;
    }
    if (self->state == FRESH) {
        PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
        self->state = REST; /* As above. */
        came = PYGEN_ERROR;
    }
    else if (PyErr_GivenExceptionMatches(exception, PyExc_GeneratorExit)) {
        value = PyObject_CallMethodNoArgs(self->awaited, str_close); /* PEP 380 */
        if (value != NULL) {
            Py_DECREF(value);
            PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
        }
        came = PYGEN_ERROR;
    }
    else if ((value = PyObject_CallMethodOneArg(self->awaited, str_throw, exception)) == NULL) {
        came = PYGEN_ERROR;
        if (PyErr_ExceptionMatches(PyExc_StopIteration)) {
            PyObject *stop = take_raised();
            value = Py_NewRef(((PyStopIterationObject *)stop)->value);
            Py_DECREF(stop);
            came = PYGEN_RETURN;
        }
    }
    came = go_on(self, came, value, &result);
    return give(came, result);
}

/* (exception), or (type, value=None, traceback=None) */
static PyObject *
serving_throw(PyObject *self, PyObject *args)
{
    PyObject *type, *value = Py_None, *traceback = Py_None, *exception, *result = NULL;
    if (!PyArg_UnpackTuple(args, "throw", 1, 3, &type, &value, &traceback)) {
        return NULL;
    }
    if (PyExceptionInstance_Check(type)) {
        exception = Py_NewRef(type);
    }
    else if (PyExceptionInstance_Check(value)) {
        exception = Py_NewRef(value);
    }
    else if (PyExceptionClass_Check(type)) {
        exception = value == Py_None ? PyObject_CallNoArgs(type) : PyObject_CallOneArg(type, value);
    }
    else {
        PyErr_Format(PyExc_TypeError, "exceptions derive from BaseException, not %R", type);
        return NULL;
    }
    if (exception != NULL
        && (traceback == Py_None || PyException_SetTraceback(exception, traceback) == 0)) {
        result = throw_in((Serving *)self, exception);
    }
    Py_XDECREF(exception);
    return result;
}

static PyObject *
serving_close(PyObject *object, PyObject *Py_UNUSED(nothing))
{
    Serving *self = (Serving *)object;
    if (!self->is_running && (self->state == FRESH || self->state == OVER)) {
        self->state = OVER;
        Py_RETURN_NONE;
    }
    PyObject *exception = PyObject_CallNoArgs(PyExc_GeneratorExit);
    PyObject *result = exception == NULL ? NULL : throw_in(self, exception);
    Py_XDECREF(exception);
    if (result != NULL) {
        Py_DECREF(result);
        PyErr_SetString(PyExc_RuntimeError, "coroutine ignored GeneratorExit");
        return NULL;
    }
    if (PyErr_ExceptionMatches(PyExc_StopIteration)
        || PyErr_ExceptionMatches(PyExc_GeneratorExit)) {
        PyErr_Clear();
        Py_RETURN_NONE;
    }
    return NULL;
}

static PyObject *
serving_is_running(PyObject *self, void *Py_UNUSED(nothing))
{
    return PyBool_FromLong(((Serving *)self)->is_running);
}

static PyObject *
serving_is_suspended(PyObject *object, void *Py_UNUSED(nothing))
{
    Serving *self = (Serving *)object;
    return PyBool_FromLong(!self->is_running && self->state != FRESH && self->state != OVER);
}

static PyObject *
serving_awaited(PyObject *self, void *Py_UNUSED(nothing))
{
    PyObject *awaited = ((Serving *)self)->awaited;
    return Py_NewRef(awaited == NULL ? Py_None : awaited);
}

/* That of what is awaited, as there is none of its own. */
static PyObject *
serving_frame(PyObject *self, void *Py_UNUSED(nothing))
{
    PyObject *awaited = ((Serving *)self)->awaited;
    return awaited == NULL ? Py_NewRef(Py_None) : PyObject_GetAttrString(awaited, "cr_frame");
}

static int
serving_traverse(PyObject *object, visitproc visit, void *arg)
{
    Serving *self = (Serving *)object;
    Py_VISIT(self->step);
    Py_VISIT(self->door);
    Py_VISIT(self->scope);
    Py_VISIT(self->receive);
    Py_VISIT(self->send);
    Py_VISIT(self->params);
    Py_VISIT(self->req);
    Py_VISIT(self->resp);
    Py_VISIT(self->answer);
    Py_VISIT(self->awaited);
    return 0;
}

/* One that waits when nobody has it any more is closed, as a coroutine is. */
static void
serving_finalize(PyObject *object)
{
    Serving *self = (Serving *)object;
    if (self->state == FRESH || self->state == OVER) {
        return;
    }
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *closed = serving_close(object, NULL);
    if (closed == NULL) {
        PyErr_WriteUnraisable(object);
    }
    Py_XDECREF(closed);
    PyErr_Restore(type, value, traceback);
}

static void
serving_dealloc(PyObject *object)
{
    if (((Serving *)object)->state != OVER && PyObject_CallFinalizerFromDealloc(object) < 0) {
        return;
    }
    PyObject_GC_UnTrack(object);
    if (((Serving *)object)->weak != NULL) {
        PyObject_ClearWeakRefs(object);
    }
    serving_clear(object);
    PyObject_GC_Del(object);
}

static PyAsyncMethods serving_as_async = {
    .am_await = PyObject_SelfIter,
    .am_send = serving_send,
};

static PyMethodDef serving_methods[] = {
    {"send", serving_send_to, METH_O, NULL},
    {"throw", serving_throw, METH_VARARGS, NULL},
    {"close", serving_close, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

/* What event loops and those who look at tasks ask coroutines for. */
static PyGetSetDef serving_attributes[] = {
    {"cr_running", serving_is_running, NULL, NULL, NULL},
    {"cr_suspended", serving_is_suspended, NULL, NULL, NULL},
    {"cr_await", serving_awaited, NULL, NULL, NULL},
    {"cr_frame", serving_frame, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject ServingType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "responder_core._speedups.Serving",
    .tp_basicsize = sizeof(Serving),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = serving_dealloc,
    .tp_finalize = serving_finalize,
    .tp_traverse = serving_traverse,
    .tp_clear = serving_clear,
    .tp_as_async = &serving_as_async,
    .tp_iter = PyObject_SelfIter, /* for `yield from app(...).__await__()` */
    .tp_iternext = serving_next,
    .tp_weaklistoffset = offsetof(Serving, weak),
    .tp_methods = serving_methods,
    .tp_getset = serving_attributes,
};

/* One that has nothing but its step and what sends. */
static Serving *
make_serving(PyObject *step, PyObject *send)
{
    Serving *self = PyObject_GC_New(Serving, &ServingType);
    if (self != NULL) {
        self->step = (Step *)Py_NewRef(step);
        self->send = Py_NewRef(send);
        self->door = self->scope = self->receive = self->params = NULL;
        self->req = self->resp = self->answer = self->awaited = NULL;
        self->exchange = NULL;
        self->called = 0;
        self->state = FRESH;
        self->is_running = 0;
        self->weak = NULL;
    }
    return self;
}

/* (door, scope, receive, send, path_params) → what is awaited */
static PyObject *
serve(PyObject *step, PyObject *const *args, size_t count, PyObject *names)
{
    if (names != NULL || PyVectorcall_NARGS(count) != 5 || !PyTuple_CheckExact(args[0])
        || PyTuple_GET_SIZE(args[0]) != 4 || !PyDict_CheckExact(args[4])) {
        PyErr_SetString(PyExc_TypeError, "a request is served by five arguments by position");
        return NULL;
    }
    Serving *self = make_serving(step, args[3]);
    if (self != NULL) {
        self->door = Py_NewRef(args[0]);
        self->scope = Py_NewRef(args[1]);
        self->receive = Py_NewRef(args[2]);
        self->params = Py_NewRef(args[4]);
        PyObject_GC_Track((PyObject *)self);
    }
    return (PyObject *)self;
}

/* (send, answer, *, head) → what is awaited, or what the function in Python gives */
static PyObject *
send_whole(PyObject *callable, PyObject *const *args, size_t count, PyObject *names)
{
    Step *step = (Step *)callable;
    if (PyVectorcall_NARGS(count) != 2 || names == NULL || PyTuple_GET_SIZE(names) != 1
        || args[2] != Py_False || !PyTuple_CheckExact(args[1]) || PyTuple_GET_SIZE(args[1]) != 3
        || !PyBytes_CheckExact(PyTuple_GET_ITEM(args[1], 2))
        || PyBytes_GET_SIZE(PyTuple_GET_ITEM(args[1], 2)) > step->limit) {
        return PyObject_Vectorcall(step->held[SEND_WHOLE], args, count, names);
    }
    Serving *self = make_serving(callable, args[0]);
    if (self != NULL) {
        self->answer = Py_NewRef(args[1]);
        PyObject_GC_Track((PyObject *)self);
    }
    return (PyObject *)self;
}

/* Fields: what the header fields of a request say. */

/* (fields, name) → bytes or None */
static PyObject *
join_values(PyObject *callable, PyObject *const *args, size_t count, PyObject *names)
{
    PyObject *value = Py_None;
    if (names == NULL && PyVectorcall_NARGS(count) == 2 && PyBytes_CheckExact(args[1])
        && find_field(args[0], PyBytes_AS_STRING(args[1]), PyBytes_GET_SIZE(args[1]), &value)
            >= 0) {
        return Py_NewRef(value);
    }
    return PyObject_Vectorcall(((Step *)callable)->held[0], args, count, names);
}

/* Bytes of a Content-Length that is looked at here. */
#define MOST_DIGITS 7

/* Whether header fields tell of a short body of JSON: 1 or 0, or -1 where it takes more. */
static int
tell_json(PyObject *fields, PyObject *known, Py_ssize_t most)
{
    PyObject *coding = NULL, *kind = NULL, *length = NULL;
    Py_ssize_t size = 0;
    if (find_field(fields, "content-encoding", 16, &coding) != 0
        || find_field(fields, "content-type", 12, &kind) != 1 || !PyBytes_CheckExact(kind)
        || find_field(fields, "content-length", 14, &length) != 1 || !PyBytes_CheckExact(length)
        || PyBytes_GET_SIZE(length) > MOST_DIGITS || PyBytes_GET_SIZE(length) == 0) {
        return -1;
    }
    for (Py_ssize_t index = 0; index < PyBytes_GET_SIZE(length); index++) {
        char digit = PyBytes_AS_STRING(length)[index];
        if (digit < '0' || digit > '9') {
            return -1;
        }
        size = 10 * size + digit - '0';
    }
    int found = PySet_Contains(known, kind);
    if (found < 0) {
        PyErr_Clear();
    }
    return found > 0 ? size <= most : found;
}

/* (fields, known, most) → bool */
static PyObject *
announce_json(PyObject *callable, PyObject *const *args, size_t count, PyObject *names)
{
    if (names == NULL && PyVectorcall_NARGS(count) == 3 && PyFrozenSet_CheckExact(args[1])) {
        Py_ssize_t most = PyLong_AsSsize_t(args[2]);
        int found = most == -1 && PyErr_Occurred() ? -1 : tell_json(args[0], args[1], most);
        if (found >= 0) {
            return PyBool_FromLong(found);
        }
        PyErr_Clear();
    }
    return PyObject_Vectorcall(((Step *)callable)->held[0], args, count, names);
}

/* Body: a text of JSON, from the request that tells of it to what a decoder of types may have. */

/* The class of requests; the types of a body that is expected; what it stands in for. */
enum { BODY_OF, KNOWN, IN_PYTHON };

/* (req) → bool */
static PyObject *
expect_text(PyObject *callable, PyObject *const *args, size_t count, PyObject *names)
{
    Step *self = (Step *)callable;
    if (names == NULL && PyVectorcall_NARGS(count) == 1
        && (PyObject *)Py_TYPE(args[0]) == self->held[BODY_OF]
        && SLOT(args[0], self->slots[OPENED_BODY]) == Py_None
        && SLOT(args[0], self->slots[RECEIVED]) == Py_None) {
        PyObject *scope = SLOT(args[0], self->slots[SCOPE]), *fields = NULL;
        if (scope != NULL && PyDict_CheckExact(scope)) {
            int found = look_up(scope, str_headers, &fields);
            if (found > 0) {
                found = tell_json(fields, self->held[KNOWN], self->limit);
                Py_DECREF(fields);
                if (found >= 0) {
                    return PyBool_FromLong(found);
                }
            }
            PyErr_Clear();
        }
    }
    return PyObject_Vectorcall(self->held[IN_PYTHON], args, count, names);
}

/* The body of a message that has all of it, a reference of the caller's own, or NULL. */
static PyObject *
find_whole_body(PyObject *message)
{
    PyObject *kind = NULL, *more = NULL, *body = NULL;
    int whole = PyDict_CheckExact(message) && look_up(message, str_type, &kind) > 0
        && PyUnicode_CheckExact(kind)
        && PyUnicode_CompareWithASCIIString(kind, "http.request") == 0
        && look_up(message, str_more_body, &more) >= 0 && (more == NULL || more == Py_False)
        && look_up(message, str_body, &body) > 0 && PyBytes_CheckExact(body);
    if (!whole) {
        PyErr_Clear();
        Py_CLEAR(body);
    }
    Py_XDECREF(kind);
    Py_XDECREF(more);
    return body;
}

/* (req, message) → bytes or None; its limit is that of brackets that open a level. */
static PyObject *
take_text(PyObject *callable, PyObject *const *args, size_t count, PyObject *names)
{
    Step *self = (Step *)callable;
    PyObject *body = names == NULL && PyVectorcall_NARGS(count) == 2
            && (PyObject *)Py_TYPE(args[0]) == self->held[BODY_OF]
        ? find_whole_body(args[1]) : NULL;
    if (body != NULL) {
        const char *text = PyBytes_AS_STRING(body);
        Py_ssize_t length = PyBytes_GET_SIZE(body), opened = 0, odd = 0;
        if (length > 0 && length <= self->slots[REQUEST_SLOTS]) {
            for (Py_ssize_t index = 0; index < length; index++) {
                opened += text[index] == '[' || text[index] == '{';
                odd += text[index] == 'N' || text[index] == 'I';
            }
            if (!odd && opened <= self->limit) {
                Py_XSETREF(SLOT(args[0], self->slots[RECEIVED]), Py_NewRef(body));
                return body;
            }
        }
        Py_DECREF(body);
    }
    return PyObject_Vectorcall(self->held[IN_PYTHON], args, count, names);
}

/* Shapes: whether a value is, to the last field, what its type says. `shapes.py` names the kinds. */

#ifndef Py_GIL_DISABLED
enum { OF_STR, OF_INT, OF_FLOAT, OF_BOOL, OF_NONE, OF_CLASS, OF_LIST, OF_STRUCT };

static void
free_shape(Shape *shape)
{
    while (shape != NULL) {
        Shape *other = shape->other;
        for (Shape *field = shape->kind == OF_STRUCT ? shape->inner : NULL; field != NULL;) {
            Shape *next = field->next;
            free_shape(field->inner);
            PyMem_Free(field);
            field = next;
        }
        if (shape->kind == OF_LIST) {
            free_shape(shape->inner);
        }
        PyMem_Free(shape);
        shape = other;
    }
}

static int read_shape(PyObject *ways, Shape **place);

/* The fields of a Struct, each with the ways of its value inside. */
static int
read_fields(PyObject *type, PyObject *fields, Shape **place)
{
    if (!PyTuple_Check(fields)) {
        PyErr_SetString(PyExc_TypeError, "fields are a tuple");
        return -1;
    }
    for (Py_ssize_t index = 0; index < PyTuple_GET_SIZE(fields); index++) {
        const char *name;
        PyObject *ways;
        Shape *field = PyMem_Calloc(1, sizeof(Shape));
        if (field == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        *place = field;
        place = &field->next;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(fields, index), "sO", &name, &ways)
            || find_slots(type, &name, 1, &field->offset) < 0
            || read_shape(ways, &field->inner) < 0) {
            return -1;
        }
    }
    return 0;
}

/* From a tuple of ways, each (kind, held, least, most, inside), what is looked at; it holds nothing
 * of its own, so the tuple has to stay. */
static int
read_shape(PyObject *ways, Shape **place)
{
    if (!PyTuple_Check(ways)) {
        PyErr_SetString(PyExc_TypeError, "ways are a tuple");
        return -1;
    }
    for (Py_ssize_t index = 0; index < PyTuple_GET_SIZE(ways); index++) {
        PyObject *least, *most, *inside;
        Shape *shape = PyMem_Calloc(1, sizeof(Shape));
        if (shape == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        *place = shape;
        place = &shape->other;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(ways, index), "iOOOO", &shape->kind, &shape->held,
                              &least, &most, &inside)) {
            return -1;
        }
        if (shape->kind == OF_FLOAT) {
            shape->low = PyFloat_AsDouble(least);
            shape->high = PyFloat_AsDouble(most);
        }
        else {
            shape->least = PyLong_AsLongLong(least);
            shape->most = PyLong_AsLongLong(most);
        }
        if (PyErr_Occurred()
            || (shape->kind == OF_LIST && read_shape(inside, &shape->inner) < 0)
            || (shape->kind == OF_STRUCT && read_fields(shape->held, inside, &shape->inner) < 0)) {
            return -1;
        }
    }
    return 0;
}

static int fits(const Shape *shape, PyObject *value);

static int
fits_one(const Shape *shape, PyObject *value)
{
    switch (shape->kind) {
    case OF_STR:
        return PyUnicode_CheckExact(value) && PyUnicode_GET_LENGTH(value) >= shape->least
            && PyUnicode_GET_LENGTH(value) <= shape->most
            && (shape->held == Py_None || PySet_Contains(shape->held, value) == 1);
    case OF_INT: {
        int over = 0;
        long long number = PyLong_CheckExact(value) ? PyLong_AsLongLongAndOverflow(value, &over) : 0;
        return PyLong_CheckExact(value) && !over && number >= shape->least && number <= shape->most;
    }
    case OF_FLOAT:
        /* No number, and none without end, is within bounds. */
        return PyFloat_CheckExact(value) && PyFloat_AS_DOUBLE(value) >= shape->low
            && PyFloat_AS_DOUBLE(value) <= shape->high;
    case OF_BOOL:
        return PyBool_Check(value);
    case OF_NONE:
        return value == Py_None;
    case OF_CLASS:
        return (PyObject *)Py_TYPE(value) == shape->held;
    case OF_LIST:
        if (!PyList_CheckExact(value) || PyList_GET_SIZE(value) < shape->least
            || PyList_GET_SIZE(value) > shape->most) {
            return 0;
        }
        for (Py_ssize_t index = 0; index < PyList_GET_SIZE(value); index++) {
            if (!fits(shape->inner, PyList_GET_ITEM(value, index))) {
                return 0;
            }
        }
        return 1;
    case OF_STRUCT:
        if ((PyObject *)Py_TYPE(value) != shape->held) {
            return 0;
        }
        for (const Shape *field = shape->inner; field != NULL; field = field->next) {
            PyObject *inside = SLOT(value, field->offset);
            if (inside == NULL || !fits(field->inner, inside)) {
                return 0;
            }
        }
        return 1;
    }
    return 0;
}

/* Nothing of the program's is called here, so that what is borrowed stays. */
static int
fits(const Shape *shape, PyObject *value)
{
    for (; shape != NULL; shape = shape->other) {
        if (fits_one(shape, value)) {
            return 1;
        }
    }
    return 0;
}

/* (value) → bool */
static PyObject *
fits_shape(PyObject *callable, PyObject *const *args, size_t count, PyObject *names)
{
    Step *self = (Step *)callable;
    if (names != NULL || PyVectorcall_NARGS(count) != 1) {
        PyErr_SetString(PyExc_TypeError, "it takes one value");
        return NULL;
    }
    return PyBool_FromLong(self->held[0] != NULL && fits(self->shape, args[0]));
}

#endif

/* Media: what is written in JSON already. */

/* The classes of requests and responses, and of what is encoded already; the representation of
 * media and its field; what reads the Accept field by RSGI; what it stands in for. For a writer, too: the class of what it writes, the
 * status that goes with it, what gives its JSON, its shape or None; the module of warnings and the
 * filter of them that is to be the first, or None. */
enum {
    OF_REQUESTS, OF_RESPONSES, OF_ENCODED, AS_MEDIA, AS_FIELD, READS, OTHERWISE,
    CLASS, SEED, TO_JSON, SHAPE, WARNINGS, FILTER,
};

static int
has_nan(const char *text, Py_ssize_t length)
{
    for (const char *end = text + length; (text = memchr(text, 'N', (size_t)(end - text)));
         text++) {
        if (end - text >= 3 && text[1] == 'a' && text[2] == 'N') {
            return 1;
        }
    }
    return 0;
}

/* Whether a client gets JSON as it is written where the program chose nothing of it. */
static int
gets_plain_json(Step *self, PyObject *req)
{
    PyObject *scope = SLOT(req, self->slots[SCOPE]), *api = SLOT(req, self->slots[OWN_API]);
    PyObject *fields = NULL, *accept = NULL, *formats = NULL, *choices = NULL;
    PyObject *choice = NULL, *plain = NULL;
    if (scope != NULL && PyDict_CheckExact(scope)) {
        accept = Py_None;
        if (look_up(scope, str_headers, &fields) <= 0
            || find_field(fields, "accept", 6, &accept) < 0) {
            accept = NULL;
        }
        Py_XINCREF(accept);
    }
    else if (scope != NULL) {
        accept = PyObject_CallOneArg(self->held[READS], req);
    }
    int found = api != NULL && accept != NULL
        && (accept == Py_None || PyBytes_CheckExact(accept))
        && (formats = PyObject_GetAttr(api, str_formats)) != NULL
        && (choices = PyObject_GetAttr(formats, str_choices)) != NULL && PyDict_CheckExact(choices)
        && (plain = PyObject_GetAttr(formats, str_plain_json)) != NULL
        && look_up(choices, accept, &choice) > 0 && PyTuple_GET_ITEM(choice, 0) == plain;
    PyErr_Clear();
    Py_XDECREF(fields);
    Py_XDECREF(accept);
    Py_XDECREF(formats);
    Py_XDECREF(choices);
    Py_XDECREF(choice);
    Py_XDECREF(plain);
    return found;
}

/* Whether a response sends media as JSON, by what is known before it is written. */
static int
sends_plain_json(Step *self, PyObject *resp)
{
    const Py_ssize_t *slots = self->slots + REQUEST_SLOTS;
    PyObject *req = SLOT(resp, slots[REQ]);
    if (req == NULL || (PyObject *)Py_TYPE(req) != self->held[OF_REQUESTS]
        || SLOT(resp, slots[OWN_MIMETYPE]) != Py_None
        || SLOT(resp, slots[OWN_HEADERS]) != Py_None) {
        return 0;
    }
    return gets_plain_json(self, req);
}

/* Keeps a text as what a response sends of a value: 1, or 0 where it takes more, or -1. */
static int
keep_json(Step *self, PyObject *resp, PyObject *value, PyObject *text)
{
    const Py_ssize_t *slots = self->slots + REQUEST_SLOTS;
    if (!PyBytes_CheckExact(text) || value == NULL
        || has_nan(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))) {
        return 0;
    }
    PyObject *items = PyTuple_Pack(
        5, value, self->held[AS_MEDIA], text, self->held[AS_FIELD], Py_True);
    PyObject *given = items == NULL ? NULL : PyTuple_Pack(1, items);
    PyObject *encoded = given == NULL ? NULL : PyTuple_Type.tp_new(
        (PyTypeObject *)self->held[OF_ENCODED], given, NULL);
    Py_XDECREF(items);
    Py_XDECREF(given);
    if (encoded == NULL) {
        return -1;
    }
    Py_XSETREF(SLOT(resp, slots[ENCODED]), encoded);
    return 1;
}

/* (resp, text) → None */
static PyObject *
take_json(PyObject *callable, PyObject *const *args, size_t count, PyObject *names)
{
    Step *self = (Step *)callable;
    if (names == NULL && PyVectorcall_NARGS(count) == 2
        && (PyObject *)Py_TYPE(args[0]) == self->held[OF_RESPONSES]) {
        PyObject *value = SLOT(args[0], (self->slots + REQUEST_SLOTS)[OWN_BODY]);
        Py_XINCREF(value);
        int kept = sends_plain_json(self, args[0])
            ? keep_json(self, args[0], value, args[1]) : 0;
        Py_XDECREF(value);
        if (kept != 0) {
            return kept > 0 ? Py_NewRef(Py_None) : NULL;
        }
    }
    return PyObject_Vectorcall(self->held[OTHERWISE], args, count, names);
}

/* Whether a filter is the first of those that warnings pass. */
static int
is_first(PyObject *warnings, PyObject *filter)
{
    PyObject *filters = PyObject_GetAttr(warnings, str_filters);
    PyObject *first = filters != NULL && PyList_CheckExact(filters)
        ? PySequence_GetItem(filters, 0) : NULL;
    /* Who adds it once more puts another that is equal in its place. */
    int found = first != NULL && PyObject_RichCompareBool(first, filter, Py_EQ) == 1;
    PyErr_Clear();
    Py_XDECREF(first);
    Py_XDECREF(filters);
    return found;
}

/* (resp, value, view) → None */
static PyObject *
write_value(PyObject *callable, PyObject *const *args, size_t count, PyObject *names)
{
    Step *self = (Step *)callable;
    const Py_ssize_t *slots = self->slots + REQUEST_SLOTS;
    if (names == NULL && PyVectorcall_NARGS(count) == 3
        && (PyObject *)Py_TYPE(args[0]) == self->held[OF_RESPONSES]
        && (PyObject *)Py_TYPE(args[1]) == self->held[CLASS]
        && SLOT(args[0], slots[STATUS_CODE]) == Py_None
#ifndef Py_GIL_DISABLED
        && (self->shape == NULL || fits(self->shape, args[1]))
#endif
        && (self->held[FILTER] == Py_None
            || is_first(self->held[WARNINGS], self->held[FILTER]))
        && sends_plain_json(self, args[0])) {
        PyObject *text = PyObject_CallOneArg(self->held[TO_JSON], args[1]);
        int kept = 0;
        if (text != NULL) {
            kept = keep_json(self, args[0], args[1], text);
            Py_DECREF(text);
        }
        else if (PyErr_ExceptionMatches(PyExc_Exception)) {
            PyErr_Clear(); /* It fails there once more, and is told. */
        }
        else {
            return NULL;
        }
        if (kept > 0) {
            Py_XSETREF(SLOT(args[0], slots[OWN_BODY]), Py_NewRef(args[1]));
            Py_XSETREF(SLOT(args[0], slots[REPRESENTATION]), Py_NewRef(self->held[AS_MEDIA]));
            Py_XSETREF(SLOT(args[0], slots[STATUS_CODE]), Py_NewRef(self->held[SEED]));
            Py_RETURN_NONE;
        }
        if (kept < 0) {
            return NULL;
        }
    }
    return PyObject_Vectorcall(self->held[OTHERWISE], args, count, names);
}

/* What makes them. */

static int
traverse(PyObject *object, visitproc visit, void *arg)
{
    for (int index = 0; index < MOST_HELD; index++) {
        Py_VISIT(((Step *)object)->held[index]);
    }
    return 0;
}

static int
clear(PyObject *object)
{
    for (int index = 0; index < MOST_HELD; index++) {
        Py_CLEAR(((Step *)object)->held[index]);
    }
    return 0;
}

static void
dealloc(PyObject *object)
{
    PyObject_GC_UnTrack(object);
    clear(object);
#ifndef Py_GIL_DISABLED
    free_shape(((Step *)object)->shape);
#endif
    Py_TYPE(object)->tp_free(object);
}

/* What an exchange stands in for, as of functools.wraps(): so that it is called by its name. */
static PyObject *
step_wrapped(PyObject *object, void *Py_UNUSED(nothing))
{
    Step *self = (Step *)object;
    if (self->call != run_exchange || self->held[IN_ALL] == NULL) {
        PyErr_SetString(PyExc_AttributeError, "__wrapped__");
        return NULL;
    }
    return Py_NewRef(self->held[IN_ALL]);
}

static PyGetSetDef step_attributes[] = {
    {"__wrapped__", step_wrapped, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyTypeObject StepType = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_getset = step_attributes,
    .tp_name = "responder_core._speedups.Step",
    .tp_doc = "A step of a request, called as a function is.",
    .tp_basicsize = sizeof(Step),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_call = PyVectorcall_Call,
    .tp_vectorcall_offset = offsetof(Step, call),
    .tp_traverse = traverse,
    .tp_clear = clear,
    .tp_dealloc = dealloc,
    .tp_free = PyObject_GC_Del,
};

/* A step that holds so many objects. */
static Step *
make_step(vectorcallfunc call, PyObject *const *held, Py_ssize_t count)
{
    Step *step = (Step *)StepType.tp_alloc(&StepType, 0);
    if (step != NULL) {
        step->call = call;
        for (Py_ssize_t index = 0; index < count; index++) {
            step->held[index] = Py_NewRef(held[index]);
        }
    }
    return step;
}

/* A step that holds the items of a tuple. */
static Step *
make_step_of(vectorcallfunc call, PyObject *args, Py_ssize_t count)
{
    if (PyTuple_GET_SIZE(args) != count) {
        PyErr_Format(PyExc_TypeError, "a step of %zd arguments, not %zd", count,
                     PyTuple_GET_SIZE(args));
        return NULL;
    }
    return make_step(call, PySequence_Fast_ITEMS(args), count);
}

static PyObject *
compile_dispatch(PyObject *Py_UNUSED(module), PyObject *args)
{
    return (PyObject *)make_step_of(dispatch, args, 7);
}

static PyObject *
compile_dispatch_raw(PyObject *Py_UNUSED(module), PyObject *args)
{
    Step *step = make_step_of(dispatch_raw, args, 10);
    if (step != NULL && (!PyType_Check(step->held[SCOPE_CLASS])
                         || !PyType_Check(step->held[CHANNEL_CLASS])
                         || !PyDict_CheckExact(step->held[STATE]))) {
        PyErr_SetString(PyExc_TypeError, "it takes two classes and a dictionary");
        Py_CLEAR(step);
    }
    if (step != NULL
        && (find_slots(step->held[SCOPE_CLASS], scope_names, SCOPE_SLOTS, step->slots) < 0
            || find_slots(step->held[CHANNEL_CLASS], channel_names, CHANNEL_SLOTS,
                          step->slots + SCOPE_SLOTS) < 0)) {
        Py_CLEAR(step);
    }
    return (PyObject *)step;
}

static PyObject *
compile_accept(PyObject *Py_UNUSED(module), PyObject *args)
{
    Step *step = make_step_of(read_accept, args, 3);
    if (step != NULL
        && (find_slots(step->held[ACCEPT_OF], request_names, 1, step->slots) < 0
            || find_slots(step->held[IN_SCOPE], scope_names, SCOPE_SLOTS, step->slots + 1) < 0)) {
        Py_CLEAR(step);
    }
    if (step != NULL) {
        step->slots[1] = step->slots[2]; /* Of the two of a scope, that of the fields. */
    }
    return (PyObject *)step;
}

static PyObject *
compile_answer(PyObject *Py_UNUSED(module), PyObject *args)
{
    Step *step = make_step_of(answer_whole, args, 3);
    if (step != NULL && !PyDict_Check(step->held[DECODED])) {
        PyErr_SetString(PyExc_TypeError, "it takes a dictionary");
        Py_CLEAR(step);
    }
    if (step != NULL && find_slots(step->held[ANSWERS], channel_names, 1, step->slots) < 0) {
        Py_CLEAR(step);
    }
    return (PyObject *)step;
}

static PyObject *
compile_pair(PyObject *Py_UNUSED(module), PyObject *args)
{
    Step *step = make_step_of(make_pair, args, 4);
    if (step != NULL
        && (find_slots(step->held[REQUEST_CLASS], request_names, REQUEST_SLOTS, step->slots) < 0
            || find_slots(step->held[RESPONSE_CLASS], response_names, RESPONSE_SLOTS,
                          step->slots + REQUEST_SLOTS) < 0)) {
        Py_CLEAR(step);
    }
    return (PyObject *)step;
}

/* The bytes from which a body takes more, and what is held. */
/* (limit, pair, current, write_result, finish_plain, proceed, wait, channel, answer) → serve */
static PyObject *
compile_serve(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *held = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args));
    Step *step = held == NULL ? NULL : make_step_of(serve, held, 8);
    Py_XDECREF(held);
    if (step == NULL) {
        return NULL;
    }
    Step *pair = (Step *)step->held[PAIR];
    step->limit = PyLong_AsSsize_t(PyTuple_GET_ITEM(args, 0));
    if ((step->limit == -1 && PyErr_Occurred()) || !Py_IS_TYPE(pair, &StepType)
        || pair->call != make_pair || !PyContextVar_CheckExact(step->held[CURRENT])) {
        Py_DECREF(step);
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_TypeError, "it takes a pair and a context variable");
        }
        return NULL;
    }
    step->slots[AT_RESOURCES] = pair->slots[RESOURCES];
    step->slots[AT_RECEIVE] = pair->slots[RECEIVE];
    step->slots[AT_PARAMS] = pair->slots[PATH_PARAMS];
    step->slots[AT_STATUS] = pair->slots[REQUEST_SLOTS + STATUS_CODE];
    return (PyObject *)step;
}

/* The parts of an exchange, in their order. */
static PyObject *
compile_exchange(PyObject *Py_UNUSED(module), PyObject *args)
{
    Step *step = make_step_of(run_exchange, args, ORIGIN + 1);
    if (step != NULL && (!PyTuple_CheckExact(step->held[HOOKS])
                         || !PyTuple_CheckExact(step->held[NAMES]))) {
        PyErr_SetString(PyExc_TypeError, "hooks and names are tuples");
        Py_CLEAR(step);
    }
    return (PyObject *)step;
}

/* (limit, wait, send_whole) → send_whole */
static PyObject *
compile_send(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_ssize_t limit;
    PyObject *wait, *whole;
    if (!PyArg_ParseTuple(args, "nOO", &limit, &wait, &whole)) {
        return NULL;
    }
    PyObject *held[SEND_WHOLE + 1];
    for (int index = 0; index <= SEND_WHOLE; index++) {
        held[index] = index == WAIT ? wait : index == SEND_WHOLE ? whole : Py_None;
    }
    Step *step = make_step(send_whole, held, SEND_WHOLE + 1);
    if (step != NULL) {
        step->limit = limit;
    }
    return (PyObject *)step;
}

static PyObject *
compile_finish(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *held = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args));
    Step *step = held == NULL ? NULL : make_step_of(finish_plain, held, 14);
    Py_XDECREF(held);
    if (step == NULL) {
        return NULL;
    }
    step->limit = PyLong_AsSsize_t(PyTuple_GET_ITEM(args, 0));
    Py_ssize_t most = PyList_Size(step->held[LENGTHS]);
    if (most < 0 || (step->limit == -1 && PyErr_Occurred())
        || find_slots(step->held[ASKED], request_names, 1, step->slots) < 0
        || find_slots(step->held[ANSWERED], response_names, RESPONSE_SLOTS, step->slots + 1) < 0) {
        Py_DECREF(step);
        return NULL;
    }
    if (step->limit > most) {
        step->limit = most;
    }
    return (PyObject *)step;
}

static PyObject *
compile_join(PyObject *Py_UNUSED(module), PyObject *args)
{
    return (PyObject *)make_step_of(join_values, args, 1);
}

static PyObject *
compile_announce(PyObject *Py_UNUSED(module), PyObject *args)
{
    return (PyObject *)make_step_of(announce_json, args, 1);
}

/* The most bytes of a body, and what is held. */
static PyObject *
compile_expect(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_ssize_t most;
    PyObject *held[3];
    if (!PyArg_ParseTuple(args, "nOO!O", &most, &held[BODY_OF], &PyFrozenSet_Type, &held[KNOWN],
                          &held[IN_PYTHON])) {
        return NULL;
    }
    Step *step = make_step(expect_text, held, 3);
    if (step != NULL) {
        step->limit = most;
        if (find_slots(held[BODY_OF], request_names, REQUEST_SLOTS, step->slots) < 0) {
            Py_CLEAR(step);
        }
    }
    return (PyObject *)step;
}

/* The most bytes and levels of a text that is plain, and what is held. */
static PyObject *
compile_take(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_ssize_t most, depth;
    PyObject *held[3] = {NULL, Py_None, NULL};
    if (!PyArg_ParseTuple(args, "nnOO", &most, &depth, &held[BODY_OF], &held[IN_PYTHON])) {
        return NULL;
    }
    Step *step = make_step(take_text, held, 3);
    if (step != NULL) {
        step->limit = depth;
        step->slots[REQUEST_SLOTS] = most;
        if (find_slots(held[BODY_OF], request_names, REQUEST_SLOTS, step->slots) < 0) {
            Py_CLEAR(step);
        }
    }
    return (PyObject *)step;
}

/* What takes media, or writes a value, with where the slots are. */
static PyObject *
compile_json(vectorcallfunc call, PyObject *args, Py_ssize_t count)
{
    Step *step = make_step_of(call, args, count);
    if (step != NULL
        && (!PyType_Check(step->held[OF_ENCODED])
            || !PyType_IsSubtype((PyTypeObject *)step->held[OF_ENCODED], &PyTuple_Type))) {
        PyErr_SetString(PyExc_TypeError, "what is encoded is a tuple");
        Py_CLEAR(step);
    }
    if (step != NULL
        && (find_slots(step->held[OF_REQUESTS], request_names, REQUEST_SLOTS, step->slots) < 0
            || find_slots(step->held[OF_RESPONSES], response_names, RESPONSE_SLOTS,
                          step->slots + REQUEST_SLOTS) < 0)) {
        Py_CLEAR(step);
    }
    return (PyObject *)step;
}

static PyObject *
compile_media(PyObject *Py_UNUSED(module), PyObject *args)
{
    return compile_json(take_json, args, 7);
}

static PyObject *
compile_write(PyObject *Py_UNUSED(module), PyObject *args)
{
    Step *step = (Step *)compile_json(write_value, args, 13);
    if (step != NULL && step->held[SHAPE] != Py_None) {
#ifdef Py_GIL_DISABLED
        PyErr_SetString(PyExc_TypeError, "shapes are not looked at without the lock");
        Py_CLEAR(step);
#else
        if (read_shape(step->held[SHAPE], &step->shape) < 0) {
            Py_CLEAR(step);
        }
#endif
    }
    return (PyObject *)step;
}

#ifndef Py_GIL_DISABLED
/* What a type's values are, as it is given. */
static PyObject *
compile_shape(PyObject *module, PyObject *args)
{
    (void)module;
    Step *step = NULL;
    PyObject *held = PyTuple_GET_SIZE(args) == 1 ? PyTuple_GET_ITEM(args, 0) : NULL;
    if (held == NULL) {
        PyErr_SetString(PyExc_TypeError, "it takes one tuple");
        return NULL;
    }
    if ((step = (Step *)StepType.tp_alloc(&StepType, 0)) != NULL) {
        step->call = fits_shape;
        step->held[0] = Py_NewRef(held);
        if (read_shape(held, &step->shape) < 0) {
            Py_CLEAR(step);
        }
    }
    return (PyObject *)step;
}
#endif

#ifdef HAS_PAGE_CACHE
/* The page cache: files of which the kernel has in memory what is asked for. */

#ifndef RESOLVE_CACHED
#define RESOLVE_CACHED 0x20
#endif

/* Says that a disk would be waited for. */
static PyObject *
would_block(void)
{
    errno = EAGAIN;
    return PyErr_SetFromErrno(PyExc_OSError);
}

/* (path, devices, links) → a descriptor that is good for a look alone. Without one it is a
 * FileNotFoundError, or a BlockingIOError where that would have to be asked of a disk, or where the
 * device is none of those. */
static PyObject *
open_cached(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *text, *devices;
    int links;
    if (!PyArg_ParseTuple(args, "O&O!p", PyUnicode_FSConverter, &text, &PySet_Type, &devices,
                          &links)) {
        return NULL;
    }
    const struct { uint64_t flags, mode, resolve; } how = {
        O_PATH | O_CLOEXEC | (links ? 0 : O_NOFOLLOW), 0, RESOLVE_CACHED,
    };
    int descriptor = (int)syscall(
        SYS_openat2, AT_FDCWD, PyBytes_AS_STRING(text), &how, sizeof how);
    int reason = errno;
    Py_DECREF(text);
    if (descriptor < 0) {
        errno = reason;
        return reason == ENOENT ? PyErr_SetFromErrno(PyExc_OSError) : would_block();
    }
    struct statx status;
    int found = 0;
    /* What is known of it, without a question to a server of files. */
    if (statx(descriptor, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &status) == 0) {
        PyObject *device = PyLong_FromUnsignedLongLong(
            makedev(status.stx_dev_major, status.stx_dev_minor));
        found = device == NULL ? -1 : PySet_Contains(devices, device);
        Py_XDECREF(device);
    }
    if (found <= 0) {
        close(descriptor);
        return found < 0 ? NULL : would_block();
    }
    return PyLong_FromLong(descriptor);
}

/* (descriptor, size, start) → so many bytes; a BlockingIOError where they are not all in memory. */
static PyObject *
read_cached(PyObject *Py_UNUSED(module), PyObject *args)
{
    int descriptor;
    Py_ssize_t size;
    long long start;
    if (!PyArg_ParseTuple(args, "inL", &descriptor, &size, &start)) {
        return NULL;
    }
    PyObject *data = PyBytes_FromStringAndSize(NULL, size);
    if (data == NULL) {
        return NULL;
    }
    struct iovec place = {PyBytes_AS_STRING(data), (size_t)size};
    if (preadv2(descriptor, &place, 1, (off_t)start, RWF_NOWAIT) != size) {
        Py_DECREF(data);
        return would_block();
    }
    return data;
}
#endif

static PyMethodDef methods[] = {
    {"compile_dispatch", compile_dispatch, METH_VARARGS, NULL},
    {"compile_dispatch_raw", compile_dispatch_raw, METH_VARARGS, NULL},
    {"compile_accept", compile_accept, METH_VARARGS, NULL},
    {"compile_answer", compile_answer, METH_VARARGS, NULL},
    {"compile_pair", compile_pair, METH_VARARGS, NULL},
    {"compile_serve", compile_serve, METH_VARARGS, NULL},
    {"compile_exchange", compile_exchange, METH_VARARGS, NULL},
    {"compile_send", compile_send, METH_VARARGS, NULL},
    {"compile_finish", compile_finish, METH_VARARGS, NULL},
    {"compile_join", compile_join, METH_VARARGS, NULL},
    {"compile_announce", compile_announce, METH_VARARGS, NULL},
    {"compile_expect", compile_expect, METH_VARARGS, NULL},
    {"compile_take", compile_take, METH_VARARGS, NULL},
    {"compile_media", compile_media, METH_VARARGS, NULL},
    {"compile_write", compile_write, METH_VARARGS, NULL},
#ifndef Py_GIL_DISABLED
    /* Another thread could change what is looked at. */
    {"compile_shape", compile_shape, METH_VARARGS, NULL},
#endif
#ifdef HAS_PAGE_CACHE
    {"open_cached", open_cached, METH_VARARGS, NULL},
    {"read_cached", read_cached, METH_VARARGS, NULL},
#endif
    {NULL, NULL, 0, NULL},
};

static int
execute(PyObject *module)
{
    const struct { PyObject **place; const char *text; } words[] = {
        {&str_type, "type"}, {&str_http, "http"}, {&str_headers, "headers"},
        {&str_root_path, "root_path"}, {&str_method, "method"}, {&str_path, "path"},
        {&str_field, "field"}, {&str_fields, "fields"}, {&str_body, "body"},
        {&str_more_body, "more_body"}, {&str_formats, "formats"}, {&str_choices, "choices"},
        {&str_plain_json, "plain_json"}, {&str_filters, "filters"},
        {&str_status, "status"}, {&str_start, "http.response.start"},
        {&str_part, "http.response.body"}, {&str_throw, "throw"}, {&str_close, "close"},
        {&str_proto, "proto"}, {&str_get_all, "get_all"}, {&str_host, "host"},
        {&str_accept, "accept"},
        {&str_state, "state"}, {&str_receive, "receive"},
        {&str_response_bytes, "response_bytes"},
    };
    for (size_t index = 0; index < sizeof words / sizeof words[0]; index++) {
        if (*words[index].place == NULL
            && (*words[index].place = PyUnicode_InternFromString(words[index].text)) == NULL) {
            return -1;
        }
    }
    if (PyType_Ready(&ServingType) < 0) {
        return -1;
    }
    return PyType_Ready(&StepType) < 0 ? -1 : PyModule_AddIntConstant(module, "EDITION", EDITION);
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, execute},
#if PY_VERSION_HEX >= 0x030C0000
    /* Its words are of the process: another interpreter has the steps in Python. */
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
#if PY_VERSION_HEX >= 0x030D0000
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_speedups",
    .m_methods = methods,
    .m_slots = module_slots,
};

PyMODINIT_FUNC
PyInit__speedups(void)
{
    return PyModuleDef_Init(&module);
}
