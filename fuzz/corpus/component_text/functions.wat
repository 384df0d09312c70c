(component $top
  (import "log" (func $log (param "text" string)))
  (core module $memory
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
  (core instance $m (instantiate $memory))
  (core func $log-core (canon lower (func $log) (memory (core memory $m "memory")) string-encoding=utf16))
  (core module $main
    (import "host" "log" (func (param i32 i32)))
    (func (export "run") (param i32) (result i32) (local.get 0)))
  (core instance $i (instantiate $main (with "host" (instance (export "log" (func $log-core))))))
  (func $run (export "run") (param "n" u32) (result u32) (canon lift (core func $i "run")))
  (@custom "note" "text")
)
