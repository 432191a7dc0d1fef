//! What a camera does wrong, done to real packets of a real RTSP server: noise in the pictures, lost
//! packets, timestamps that leap, a clock that lies.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_rtsp_server as rtsp;
use gstreamer_rtsp_server::prelude::*;

use super::header::tests::h264_set;
use super::nal::each_unit;

/// What all streams of a server do from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trick {
    /// What they should.
    Nothing,
    /// They send nothing.
    Silence,
    /// They begin with the second keyframe, as a stream does that was running when one came.
    SecondKeyframe,
    /// Bytes of every picture are noise.
    Noise,
    /// All of every picture is noise.
    Rubbish,
    /// One packet in so many is lost.
    Loss(u32),
    /// Timestamps leap, forward or back.
    Leap { by: Duration, back: bool },
    /// H.264: parameter sets say that pictures are of 8K.
    EightK,
    /// Motion JPEG: packets say that pictures are of no size.
    NoSize,
    /// Sender reports tell another time.
    Clock { ahead: Duration },
    /// Pictures of another size.
    Size(u32, u32),
}

/// The tricks of one server; clones share them.
#[derive(Clone, Default)]
pub(crate) struct Tricks(Arc<Mutex<State>>);

struct State {
    trick: Trick,
    noise: u32,
    packets: u32,
    keyframes: u32,
    sizes: Vec<gst::Element>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            trick: Trick::Nothing,
            noise: 0x2545_f491,
            packets: 0,
            keyframes: 0,
            sizes: Vec::new(),
        }
    }
}

impl Tricks {
    pub(crate) fn play(&self, trick: Trick) {
        let mut state = self.0.lock().unwrap();
        state.trick = trick;
        if let Trick::Size(width, height) = trick {
            let caps =
                format!("video/x-raw,format=I420,width={width},height={height},framerate=25/1");
            for element in &state.sizes {
                element.set_property("caps", caps.parse::<gst::Caps>().unwrap());
            }
        }
    }

    /// Puts hands on a stream that is about to begin.
    pub(crate) fn attach(&self, media: &rtsp::RTSPMedia) {
        let bin = media.element().downcast::<gst::Bin>().unwrap();
        self.0.lock().unwrap().sizes.extend(bin.by_name("size"));
        if let Some(wire) = bin.by_name("wire") {
            let tricks = self.clone();
            on_buffers(&wire.static_pad("src").unwrap(), move |buffer| {
                tricks.picture(buffer)
            });
        }
        if let Some(payloader) = bin.by_name("pay0") {
            let tricks = self.clone();
            let pad = payloader.static_pad("src").unwrap();
            // Payloaders push lists; each packet is looked at alone.
            pad.add_probe(gst::PadProbeType::BUFFER_LIST, {
                let tricks = tricks.clone();
                move |_, info| {
                    if let Some(gst::PadProbeData::BufferList(list)) = &mut info.data {
                        let mut kept = gst::BufferList::new();
                        for packet in list.iter_owned() {
                            let packet = tricks.packet(packet);
                            kept.get_mut().unwrap().extend(packet);
                        }
                        *list = kept;
                    }
                    gst::PadProbeReturn::Ok
                }
            });
            on_buffers(&pad, move |buffer| tricks.packet(buffer));
        }
        let tricks = self.clone();
        media.connect_prepared(move |media| tricks.attach_to_reports(media));
    }

    /// What becomes of an encoded picture.
    fn picture(&self, mut buffer: gst::Buffer) -> Option<gst::Buffer> {
        let mut state = self.0.lock().unwrap();
        match state.trick {
            Trick::Silence => return None,
            Trick::SecondKeyframe => {
                let keyframe = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
                state.keyframes += u32::from(keyframe);
                return (state.keyframes >= 2).then_some(buffer);
            }
            Trick::Noise | Trick::Rubbish => {
                let every = if state.trick == Trick::Noise { 40 } else { 1 };
                let mut map = buffer.make_mut().map_writable().unwrap();
                let head = head(&map);
                for byte in map.iter_mut().skip(head) {
                    state.noise ^= state.noise << 13;
                    state.noise ^= state.noise >> 17;
                    state.noise ^= state.noise << 5;
                    if state.noise.is_multiple_of(every) {
                        *byte = state.noise.to_le_bytes()[2];
                    }
                }
            }
            Trick::EightK => {
                let map = buffer.map_readable().unwrap();
                let claimed: Vec<u8> = each_unit(&map)
                    .flat_map(|unit| match unit[0] & 0x1f {
                        7 => h264_set(480, 270, None),
                        _ => [&[0, 0, 0, 1], unit].concat(),
                    })
                    .collect();
                drop(map);
                let mut claim = gst::Buffer::from_mut_slice(claimed);
                let all = gst::BufferCopyFlags::TIMESTAMPS | gst::BufferCopyFlags::FLAGS;
                buffer.copy_into(claim.get_mut().unwrap(), all, ..).unwrap();
                return Some(claim);
            }
            _ => {}
        }
        Some(buffer)
    }

    /// What becomes of an RTP packet.
    fn packet(&self, mut buffer: gst::Buffer) -> Option<gst::Buffer> {
        let mut state = self.0.lock().unwrap();
        state.packets = state.packets.wrapping_add(1);
        match state.trick {
            Trick::Loss(one_in) if state.packets.is_multiple_of(one_in) => None,
            Trick::Leap { by, back } => {
                let ticks = u32::try_from(by.as_millis() * 90).unwrap();
                let mut map = buffer.make_mut().map_writable().unwrap();
                let stamp: &mut [u8; 4] = (&mut map[4..8]).try_into().unwrap();
                let at = u32::from_be_bytes(*stamp);
                let leapt = match back {
                    true => at.wrapping_sub(ticks),
                    false => at.wrapping_add(ticks),
                };
                *stamp = leapt.to_be_bytes();
                drop(map);
                Some(buffer)
            }
            Trick::NoSize => {
                let mut map = buffer.make_mut().map_writable().unwrap();
                // RFC 2435 §3.1 behind the 12 bytes of RTP.
                for side in map.iter_mut().skip(18).take(2) {
                    *side = 0;
                }
                drop(map);
                Some(buffer)
            }
            _ => Some(buffer),
        }
    }

    fn attach_to_reports(&self, media: &rtsp::RTSPMedia) {
        let mut top = media.element().upcast::<gst::Object>();
        while let Some(parent) = top.parent() {
            top = parent;
        }
        let bin = top.downcast::<gst::Bin>().unwrap();
        let elements = bin.iterate_recurse().into_iter().map(Result::unwrap);
        let is_session = |element: &gst::Element| {
            element
                .factory()
                .is_some_and(|factory| factory.name() == "rtpbin")
        };
        for element in elements.filter(is_session) {
            for pad in element.pads() {
                if pad.name().starts_with("send_rtcp_src") {
                    let tricks = self.clone();
                    on_buffers(&pad, move |buffer| Some(tricks.report(buffer)));
                }
            }
        }
    }

    /// Sets the time of a sender report (RFC 3550 §6.4.1) ahead.
    fn report(&self, mut buffer: gst::Buffer) -> gst::Buffer {
        if let Trick::Clock { ahead } = self.0.lock().unwrap().trick {
            let mut map = buffer.make_mut().map_writable().unwrap();
            if let Some([_, 200, _, _, _, _, _, _, seconds @ ..]) = map.get_mut(..12) {
                let told: [u8; 4] = seconds.try_into().unwrap();
                let lie = u32::from_be_bytes(told) + u32::try_from(ahead.as_secs()).unwrap();
                seconds.copy_from_slice(&lie.to_be_bytes());
            }
        }
        buffer
    }
}

/// Bytes of a picture that stay, so that it is sent at all: the first start code and the unit's type,
/// or all headers of a JPEG, without which `rtpjpegpay` reads beyond the picture's end.
fn head(picture: &[u8]) -> usize {
    const START_OF_SCAN: [u8; 2] = [0xff, 0xda];
    if !picture.starts_with(&[0xff, 0xd8]) {
        return 24;
    }
    let scan = picture.windows(2).position(|pair| pair == START_OF_SCAN);
    scan.map_or(picture.len(), |scan| scan + 14)
}

/// Lets each buffer through as `act` says.
fn on_buffers(
    pad: &gst::Pad,
    act: impl Fn(gst::Buffer) -> Option<gst::Buffer> + Send + Sync + 'static,
) {
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let Some(gst::PadProbeData::Buffer(buffer)) = info.data.take() else {
            return gst::PadProbeReturn::Ok;
        };
        match act(buffer) {
            Some(buffer) => {
                info.data = Some(gst::PadProbeData::Buffer(buffer));
                gst::PadProbeReturn::Ok
            }
            None => gst::PadProbeReturn::Drop,
        }
    });
}
