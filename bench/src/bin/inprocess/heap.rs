//! The heap that a pass takes, in the build that counts it.

/// What one pass took of the heap. Nothing is known in a build that measures times.
pub struct Heap {
    pub allocations: f64,
    /// The most bytes that were held at once, beyond what was held before.
    pub bytes: f64,
}

#[cfg(not(feature = "counted"))]
pub fn held_by(_pass: &mut dyn FnMut() -> usize) -> Heap {
    Heap { allocations: f64::NAN, bytes: f64::NAN }
}

#[cfg(feature = "counted")]
pub use counted::held_by;

#[cfg(feature = "counted")]
mod counted {
    use std::alloc::System;
    use std::hint::black_box;

    use cap::Cap;
    use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

    use super::Heap;

    #[global_allocator]
    static HEAP: Cap<&StatsAlloc<System>> = Cap::new(&INSTRUMENTED_SYSTEM, usize::MAX);

    pub fn held_by(pass: &mut dyn FnMut() -> usize) -> Heap {
        // The most that was ever held only grows: with ballast up to there, what a pass adds is its own.
        let ballast = Vec::<u8>::with_capacity(HEAP.max_allocated() - HEAP.allocated());
        let (region, held) = (Region::new(&INSTRUMENTED_SYSTEM), HEAP.allocated());
        black_box(pass());
        let counted = region.change();
        let bytes = (HEAP.max_allocated() - held) as f64;
        drop(black_box(ballast));
        Heap { allocations: (counted.allocations + counted.reallocations) as f64, bytes }
    }
}
