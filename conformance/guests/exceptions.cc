// SPDX-License-Identifier: Apache-2.0
// Exceptions of C++ without its libraries: which destructors run, what is caught, what is thrown again.
extern "C" {
int printf(const char *, ...);

// What clang calls. The tag, which it makes, carries one address; here that of the number that is thrown.
enum { TAG_OF_CPP = 0 };

static void *caught[8];
static unsigned depth;

void *__cxa_begin_catch(void *object)
{
    return caught[depth++] = object;
}
void __cxa_end_catch() { depth--; }
[[noreturn, gnu::noinline]] void __cxa_rethrow() { __builtin_wasm_throw(TAG_OF_CPP, caught[depth - 1]); }
[[noreturn]] void _ZSt9terminatev() { __builtin_trap(); }
}

static int number;

// Not [[noreturn]], and a function by itself: clang 19 cannot compile a try block that it sees to throw always.
static void __attribute__((noinline)) raise(int value)
{
    number = value;
    __builtin_wasm_throw(TAG_OF_CPP, &number);
}

namespace {
struct Guard {
    const char *name;
    ~Guard() { printf("~%s ", name); }
};
}

static int __attribute__((noinline)) half(int x)
{
    Guard guard{"half"};
    if (x % 2 != 0)
        raise(x);
    return x / 2;
}

static int __attribute__((noinline)) eighth(int x)
{
    Guard guard{"eighth"};
    return half(half(half(x)));
}

static int __attribute__((noinline)) logged(int x)
{
    try {
        return eighth(x);
    } catch (...) {
        printf("again ");
        throw;
    }
}

static void show(int x)
{
    try {
        printf("= %d\n", logged(x));
    } catch (...) {
        printf("odd: %d\n", number);
    }
}

// Destructors that catch on their own while an exception passes.
struct Busy {
    ~Busy()
    {
        int passing = number;
        try {
            raise(passing + 1);
        } catch (...) {
            printf("inside %d ", number);
        }
        number = passing;
    }
};

static int __attribute__((noinline)) many(int count)
{
    int sum = 0;
    for (int i = 1; i <= count; i++) {
        try {
            raise(i);
        } catch (...) {
            sum += number;
        }
    }
    return sum;
}

int main()
{
    show(64);
    show(20);
    show(7);
    try {
        Busy busy;
        raise(100);
    } catch (...) {
        printf("outside %d\n", number);
    }
    printf("%d\n", many(10000));
    return 0;
}
