(module
  (tag $e (export "e") (param i32 i64))
  (func (export "run") (param i32) (result i32)
    (block $caught (result i32 i64 exnref)
      (block $any
        (try_table (catch_ref $e $caught) (catch_all $any)
          (if (local.get 0) (then (throw $e (i32.const 1) (i64.const 2))))
          (return_call $other (local.get 0)))
        (unreachable))
      (return (i32.const -1)))
    (throw_ref))
  (func $other (param i32) (result i32)
    (try (result i32) (do (i32.const 1)) (catch $e (drop) (drop) (rethrow 0)) (catch_all (i32.const 3)))))
